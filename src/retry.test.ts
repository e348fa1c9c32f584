import { describe, expect, it } from "vitest"

import { type Attempt, retry } from "./retry.ts"

const RETRIES = { attempts: 3, baseMs: 1, longestMs: 2 }

/** An attempt that gives these results, one after the other, and how often it was made. */
const attempts = (
  results: readonly Attempt<string>[],
): { readonly next: () => Promise<Attempt<string>>; readonly made: () => number } => {
  let made = 0
  return {
    next: async () => {
      const result = results[made]
      made += 1
      if (!result) throw new Error("one attempt too many")
      return result
    },
    made: () => made,
  }
}

const failure = (name: string): Attempt<string> => ({ transient: new Error(name) })

describe("retry", () => {
  it("retry returns the first value", async () => {
    const { next, made } = attempts([failure("first"), failure("second"), { value: "third" }])
    expect(await retry(next, RETRIES)).toBe("third")
    expect(made()).toBe(3)
  })

  it("retry throws the last transient error after the last attempt", async () => {
    const { next } = attempts([failure("first"), failure("second"), failure("third")])
    await expect(retry(next, RETRIES)).rejects.toThrow("third")
  })

  it("retry does not repeat an attempt that throws", async () => {
    let made = 0
    const attempt = async (): Promise<Attempt<string>> => {
      made += 1
      throw new Error("for good")
    }
    await expect(retry(attempt, RETRIES)).rejects.toThrow("for good")
    expect(made).toBe(1)
  })

  it("retry throws the transient error, not the abort, when the signal aborts during a pause", async () => {
    const controller = new AbortController()
    const attempt = async (): Promise<Attempt<string>> => {
      setImmediate(() => controller.abort())
      return failure("connection reset")
    }
    const slow = { attempts: 3, baseMs: 1e9, longestMs: 1e9 }
    await expect(retry(attempt, slow, controller.signal)).rejects.toThrow("connection reset")
  })

  it("retry throws the signal's reason when it aborts the first attempt", async () => {
    const signal = AbortSignal.abort(new Error("the client left"))
    const attempt = async (): Promise<Attempt<string>> => signal.throwIfAborted() ?? failure("never")
    await expect(retry(attempt, RETRIES, signal)).rejects.toThrow("the client left")
  })
})

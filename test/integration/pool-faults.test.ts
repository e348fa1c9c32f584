/**
 * Render processes that hang, die, lie, or take too much: each request gets one right answer or one error, and the next one is served.
 * The process is a script that behaves as its original says (test/support/faulty-child.mjs).
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import { codeOf, TailorError } from "../../src/errors.ts"
import { createPooledRenderer, type PooledLimits, type PooledOptions } from "../../src/render/pool/pooled-renderer.ts"
import type { Renderer, RenderOptions, RereadOriginal } from "../../src/render/renderer.ts"
import { parseSizeList } from "../../src/sizes/list.ts"
import { DEFAULT_QUALITY, imageRecipe, type Recipe } from "../../src/sizes/recipe.ts"
import { temporaryFolder } from "../support/folders.ts"

const ENTRY = join(import.meta.dirname, "../support/faulty-child.mjs")

const LIMITS: PooledLimits = { pixels: 1e8, animationPixels: 1e8, memoryBytes: 1e9, renders: 2 }

const open = (limits: Partial<PooledLimits> = {}, options: PooledOptions = {}): Renderer => {
  const renderer = createPooledRenderer({ ...LIMITS, ...limits }, { entry: ENTRY, ...options })
  onTestFinished(() => renderer.close())
  return renderer
}

const recipe = (size = "40w"): Recipe => {
  const parsed = parseSizeList([size])
  if (!("list" in parsed)) throw new Error("Expected a size")
  return imageRecipe(parsed.list[0], undefined, {
    quality: DEFAULT_QUALITY,
    background: "#ffffff",
    animationPixels: 1e8,
  })
}

interface AskOptions extends Pick<RenderOptions, "onSlow"> {
  readonly size?: string
}

/** The text of the rendition, or the code of the error. */
const ask = async (renderer: Renderer, original: string, { size, onSlow }: AskOptions = {}): Promise<string> => {
  try {
    const session = await renderer.open(Buffer.from(original), { onSlow })
    try {
      return Buffer.from((await session.render(recipe(size), { onSlow })).bytes).toString()
    } finally {
      session.close()
    }
  } catch (error) {
    return codeOf(error) ?? String(error)
  }
}

const failureOf = async (renderer: Renderer, original: string): Promise<TailorError> => {
  const session = await renderer.open(Buffer.from(original))
  try {
    await session.render(recipe())
  } catch (error) {
    if (error instanceof TailorError) return error
    throw error
  } finally {
    session.close()
  }
  throw new Error(`Expected ${original} to fail`)
}

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await sleep(10)
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)

const hasProc = existsSync("/proc/self/task")

describe("a render process that fails", () => {
  it("is replaced once when it dies, and the request gets its rendition", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const renderer = open()
    expect(await ask(renderer, `exit-once ${marker}`)).toBe(`exit-once ${marker} as 40`)
    expect(readFileSync(marker, "utf8")).toBe("xx")
  })

  it("is not replaced again when the second one dies, too", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const renderer = open()
    expect(await ask(renderer, `exit ${marker}`)).toBe("render-failed")
    expect(readFileSync(marker, "utf8")).toBe("xx")
    expect(await ask(renderer, "photo")).toBe("photo as 40")
  })

  it("fails all renders of its original, and none of another one", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const renderer = open()
    const session = await renderer.open(Buffer.from(`exit ${marker}`))
    const others = ask(renderer, "late 300")
    const results = await Promise.allSettled(["1w", "2w", "3w"].map((size) => session.render(recipe(size))))
    session.close()
    expect(results.map((result) => (result.status === "rejected" ? codeOf(result.reason) : "rendered"))).toEqual(
      Array(3).fill("render-failed"),
    )
    expect(await others).toBe("late 300 as 40")
  })

  it("keeps its answer when it dies right after it", async () => {
    expect(await ask(open(), "exit-after-answer")).toBe("exit-after-answer as 40")
  })

  it("is trusted no longer when it answers twice", async () => {
    const renderer = open()
    expect(await ask(renderer, "twice")).toBe("twice as 40")
    for (let round = 0; round < 5; round++) expect(await ask(renderer, "photo")).toBe("photo as 40")
  })

  it("never answers another request", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const renderer = open()
    const [wrong, ...right] = await Promise.all(
      [`other ${marker}`, "a", "b", "c"].map((original) => ask(renderer, original)),
    )
    expect(wrong).toBe("render-failed")
    expect(right).toEqual(["a as 40", "b as 40", "c as 40"])
    expect(readFileSync(marker, "utf8")).toBe("xx")
  })

  it.each(["invalid", "unknown", "oversized", "not-json", "open-invalid", "open-exit"])(
    "fails its request when it sends nonsense: %s",
    async (original) => {
      const renderer = open()
      expect(await ask(renderer, original)).toBe("render-failed")
      expect(await ask(renderer, "photo")).toBe("photo as 40")
    },
  )

  it("cannot choose the content type", async () => {
    const session = await open().open(Buffer.from("photo"))
    expect((await session.render(recipe())).contentType).toBe("image/jpeg")
    session.close()
  })

  it("passes on the errors of an original, and reports its own as ours", async () => {
    const renderer = open()
    expect(await failureOf(renderer, "fail")).toMatchObject({ code: "corrupt-original", detail: "Damaged." })
    expect(await failureOf(renderer, "bug")).toMatchObject({ code: "render-failed" })
  })

  it("is ended on the server's clock when it hangs; the error is not remembered", async () => {
    const renderer = open({ baseCpuMs: 50 })
    expect(await failureOf(renderer, "hang")).toMatchObject({ code: "busy" })
    expect(await ask(renderer, "late 10000")).toBe("busy")
    expect(await ask(renderer, "photo")).toBe("photo as 40")
  })
})

describe("limits of render processes", () => {
  it("end a job that uses too much CPU, and remember it for ten minutes", async () => {
    const renderer = open({ baseCpuMs: 300, wallClockFactor: 1000 })
    const error = await failureOf(renderer, "spin")
    expect(error).toMatchObject({ code: "original-too-large", rememberMs: 600_000 })
    expect(error.detail).toMatch(/limit of 0 s of CPU/)
  })

  it("end a job that uses too much memory, and remember it", async () => {
    const renderer = open({ memoryBytes: 200e6 })
    const error = await failureOf(renderer, "grow 400")
    expect(error).toMatchObject({ code: "original-too-large", rememberMs: undefined })
    expect(error.detail).toContain("100 MB of memory")
    expect(await ask(renderer, "grow 50")).toBe("grow 50 as 40")
  })

  it("try a job again when all jobs together took too much memory", async () => {
    const renderer = open({ memoryBytes: 100e6 })
    expect(await Promise.all(["grow 60", "grow 61"].map((original) => ask(renderer, original)))).toEqual([
      "grow 60 as 40",
      "grow 61 as 40",
    ])
  })

  it("have a slow job give way, and another one wait until the first has ended", async () => {
    const renderer = open({ renders: 1, baseCpuMs: 900, wallClockFactor: 1000 })
    const slow = new Set<string>()
    const jobs = ["spin 1", "spin 2"].map((original) => ask(renderer, original, { onSlow: () => slow.add(original) }))
    await until(() => slow.size === 2)
    expect(renderer.state().slow).toBeLessThanOrEqual(1)
    expect(await ask(renderer, "photo")).toBe("photo as 40")
    expect(await Promise.all(jobs)).toEqual(["original-too-large", "original-too-large"])
  })
})

describe("the pool", () => {
  it.runIf(hasProc)("survives the death of waiting processes", async () => {
    const renderer = open()
    await renderer.ready()
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL")
    expect(await Promise.all(["a", "b", "c", "d"].map((original) => ask(renderer, original)))).toEqual([
      "a as 40",
      "b as 40",
      "c as 40",
      "d as 40",
    ])
  })

  it("says how to go on where no process can be started", async () => {
    const renderer = open({}, { entry: "/nowhere/child.js" })
    await expect(renderer.ready()).rejects.toMatchObject({ code: "bad-config" })
    await expect(renderer.ready()).rejects.toThrow(/isolation.*"none"/s)
    expect(await ask(renderer, "photo")).toBe("bad-config")
    expect(renderer.state().problem).toBe("No render process can be started.")
  })

  it("answers running and later requests when it is closed, and leaves no process", async () => {
    const renderer = open()
    const running = [ask(renderer, "hang"), ask(renderer, "hang 2")]
    await until(() => renderer.state().running === 2)
    await renderer.close()
    expect(renderer.state().processes).toBe(0)
    expect(await Promise.all(running)).toEqual(["busy", "busy"])
    expect(await ask(renderer, "photo")).toBe("busy")
  })

  it("ends slow jobs when it drains, and finishes ordinary ones", async () => {
    const renderer = open({ renders: 1, wallClockFactor: 1000 })
    const slow = new Set<string>()
    const spinning = ["spin 1", "spin 2"].map((original) =>
      ask(renderer, original, { onSlow: () => slow.add(original) }),
    )
    await until(() => slow.size === 2)
    const ordinary = ask(renderer, "late 300")
    renderer.drain()
    expect(await Promise.all(spinning)).toEqual(["busy", "busy"])
    expect(await ordinary).toBe("late 300 as 40")
  })

  it("replaces a process that kept much memory", async () => {
    const renderer = open()
    expect(await ask(renderer, "grow 200")).toBe("grow 200 as 40")
    expect(await ask(renderer, "photo")).toBe("photo as 40")
  })

  it("reads an original again when its process died and the server did not keep it", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const text = `exit-once ${marker} ${"x".repeat(8_000_001)}`
    const renderer = open()
    let [rereads, releases] = [0, 0]
    const reread = async (): Promise<RereadOriginal> => {
      rereads += 1
      return { bytes: Buffer.from(text), release: () => (releases += 1) }
    }
    const session = await renderer.open(Buffer.from(text), { reread, release: () => (releases += 1) })
    expect(Buffer.from((await session.render(recipe())).bytes).toString()).toBe(`${text} as 40`)
    session.close()
    expect([rereads, releases]).toEqual([1, 2])
  })

  it("fails a request whose original changed before its process was replaced", async () => {
    const marker = join(await temporaryFolder(), "attempts")
    const renderer = open()
    const text = `exit-once ${marker} ${"x".repeat(8_000_001)}`
    const session = await renderer.open(Buffer.from(text), { reread: async () => undefined })
    await expect(session.render(recipe())).rejects.toMatchObject({ code: "busy" })
    session.close()
  })
})

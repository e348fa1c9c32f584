/** Tests of createSummary: totals, the failures that are listed, and when a run stops. */
import { describe, expect, it } from "vitest"

import { originalNotFound, storeUnavailable } from "../errors.ts"
import { createSummary, type Row } from "./warm-summary.ts"

const row = (original: string, failures: Row["failures"] = []): Row => ({ original, made: 2, stored: 1, failures })
const denied = storeUnavailable("folder", "a.jpg", new Error("EIO"))

describe("createSummary", () => {
  it("createSummary adds up rows, and has no messages without failures", () => {
    const summary = createSummary()
    summary.add(row("a.jpg"))
    expect(summary.text()).toBe("1 original: 2 renditions rendered, 1 already stored")
    summary.add(row("b.jpg"))
    expect(summary.text()).toBe("2 originals: 4 renditions rendered, 2 already stored")
    expect([summary.hasFailures(), summary.messages(false)]).toEqual([false, []])
  })

  it("createSummary lists the first failure of each original, and everything that was skipped", () => {
    const summary = createSummary()
    summary.add(row("a.jpg", [originalNotFound("a.jpg"), denied]))
    summary.skip("b/ is skipped")
    expect(summary.messages(false)).toEqual(['a.jpg: No original "a.jpg" was found.', "b/ is skipped"])
    expect(summary.hasFailures()).toBe(true)
  })

  it("createSummary lists 100 failures and counts the others", () => {
    const summary = createSummary()
    for (let at = 0; at < 1001; at++) summary.add(row(`${at}.jpg`, [originalNotFound(`${at}.jpg`)]))
    const messages = summary.messages(false)
    expect([messages.length, messages.at(-1)]).toEqual([101, "901 more failures not listed."])
    expect(summary.isStopped()).toBe(false)
  })

  it("createSummary stops after 20 failures of a store in a row", () => {
    const summary = createSummary()
    for (let at = 0; at < 19; at++) summary.add(row("a.jpg", [denied]))
    summary.add(row("b.jpg"))
    for (let at = 0; at < 19; at++) summary.add(row("a.jpg", [denied]))
    expect(summary.isStopped()).toBe(false)
    summary.add(row("a.jpg", [denied]))
    expect(summary.isStopped()).toBe(true)
    expect(summary.messages(false).at(-1)).toBe("Stopped after 20 failures of a store in a row.")
  })

  it("createSummary suggests to run again after an interruption", () => {
    expect(createSummary().messages(true)).toEqual(["Interrupted. Run the same command again to continue."])
  })
})

/** The log of a server: every line, in order, and never a request that waits for the log. */
import { spawn } from "node:child_process"
import { closeSync, openSync, readFileSync } from "node:fs"
import type { Socket } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import { corruptOriginal, internalError, storeUnavailable } from "../../src/errors.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { toLogEntry } from "../../src/log-entry.ts"
import type { LogStream } from "../../src/server/line-writer.ts"
import { createLog, type Log } from "../../src/server/log.ts"
import { temporaryFolder } from "../support/folders.ts"

const HIT: RequestReport = {
  method: "GET",
  target: "/360x270/a.jpg",
  original: "a.jpg",
  size: "360x270",
  format: undefined,
  status: 200,
  durationMs: 0.080_412_345,
  byteLength: 21_000,
  outcome: "hit",
  reason: "stored and fresh",
  timings: {},
}
const REFUSED: RequestReport = {
  ...HIT,
  target: "/360x270/b.jpg",
  status: 404,
  outcome: "refused",
  code: "original-not-found",
  reason: "none",
}
const HEALTH: RequestReport = { ...HIT, target: "/healthz", outcome: "other", reason: "health check" }

/** A log that is written to a file. */
const openFileLog = async (isTTY = false): Promise<{ readonly log: Log; readonly lines: () => readonly string[] }> => {
  const file = join(await temporaryFolder(), "log")
  const fd = openSync(file, "a")
  onTestFinished(() => closeSync(fd))
  const log = createLog({ fd, isTTY, on: () => {} } as unknown as LogStream)
  return { log, lines: () => readFileSync(file, "utf8").split("\n").slice(0, -1) }
}

/** A log that is piped to a command. */
const openPipeLog = (
  command: string,
  ...args: readonly string[]
): { readonly log: Log; readonly end: () => Promise<unknown> } => {
  const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const { fd } = Reflect.get(child.stdin, "_handle") as { readonly fd: number }
  const log = createLog(Object.assign(child.stdin as Socket, { fd, isTTY: false }) as unknown as LogStream)
  const ended = new Promise((resolve) => child.once("exit", resolve))
  return { log, end: () => (child.kill("SIGKILL"), ended) }
}

const parse = (line: string): Readonly<Record<string, unknown>> => JSON.parse(line) as Readonly<Record<string, unknown>>

describe("the log in JSON", () => {
  it("has every line in order, and the fields of hits in the same form as those of other requests", async () => {
    const { log, lines } = await openFileLog()
    for (const turn of [1, 2]) {
      log.request({ ...HIT, target: `/${turn}/a.jpg` })
      log.request({ ...REFUSED, target: `/${turn}/b.jpg` })
      log.request({ ...HIT, target: `/${turn}/a.jpg`, status: 304 })
      log.request({ ...HIT, target: `/${turn}/a.jpg`, format: "webp" })
      log.note(`note ${turn}`)
      log.request({ ...HIT, target: `/${turn}/"c".jpg` })
      await log.flush()
    }
    const entries = lines().map(parse)
    const shown = entries.map(({ target, status, format, msg }) => [target ?? msg, status, format])
    const expected = (turn: number): unknown => [
      [`/${turn}/a.jpg`, 200, undefined],
      [`/${turn}/b.jpg`, 404, undefined],
      [`/${turn}/a.jpg`, 304, undefined],
      [`/${turn}/a.jpg`, 200, "webp"],
      [`note ${turn}`, undefined, undefined],
      [`/${turn}/"c".jpg`, 200, undefined],
    ]
    expect(shown).toEqual([1, 2].flatMap(expected))
    expect(entries[0]).toMatchObject({ level: 30, msg: "request", method: "GET", outcome: "hit", durationMs: 0.1 })
    const names = Object.keys(entries[1] ?? {}).filter((name) => name !== "code")
    expect(Object.keys(entries[0] ?? {})).toEqual(names)
  })

  it("is flat, with at most three decimals", async () => {
    const { log, lines } = await openFileLog()
    log.request({
      ...HIT,
      outcome: "miss",
      durationMs: 41.123_456_789,
      originalInfo: { width: 40, height: 30, byteLength: 500, format: "jpeg", version: "1" },
      output: { width: 20, height: 15, byteLength: 100, contentType: "image/jpeg" },
      timings: { wait: 0.000_1, render: 39.999_99 },
    })
    await log.flush()
    const entry = parse(lines()[0] ?? "")
    expect(Object.values(entry).filter((value) => typeof value === "object")).toEqual([])
    expect(entry).toMatchObject({
      durationMs: 41.1,
      originalWidth: 40,
      outputByteLength: 100,
      contentType: "image/jpeg",
      waitMs: 0,
      renderMs: 40,
    })
  })

  it("has no successful health check, and has a failed one", async () => {
    const { log, lines } = await openFileLog()
    log.request(HEALTH)
    log.request({ ...HEALTH, target: "/readyz", status: 503 })
    await log.flush()
    expect(lines().map((line) => parse(line)["target"])).toEqual(["/readyz"])
  })

  it("limits the length of a URL", async () => {
    const { log, lines } = await openFileLog()
    log.request({ ...REFUSED, target: `/${"x".repeat(16_000)}` })
    await log.flush()
    expect((lines()[0] ?? "").length).toBeLessThan(2500)
  })

  it("leaves out lines below its level", async () => {
    const { lines } = await openFileLog()
    const file = join(await temporaryFolder(), "log")
    const fd = openSync(file, "a")
    onTestFinished(() => closeSync(fd))
    const log = createLog({ fd, isTTY: false, on: () => {} } as unknown as LogStream, { level: "warn" })
    log.request(HIT)
    log.note("information")
    log.note("warning", "warn")
    log.request({ ...HIT, outcome: "miss", storeFailure: "disk full" })
    log.error(new Error("failure"), "failed")
    await log.flush()
    expect(lines()).toEqual([])
    const entries = readFileSync(file, "utf8").trimEnd().split("\n").map(parse)
    expect(entries.map(({ level, msg }) => [level, msg])).toEqual([
      [40, "warning"],
      [40, "request"],
      [50, "failed"],
    ])
  })
})

describe("the level of a request", () => {
  const unreadable = storeUnavailable("folder", "a.jpg", new Error("EIO: i/o error"))
  it.each<[string, Partial<RequestReport>, string]>([
    ["a hit", {}, "info"],
    ["a missing original", { outcome: "refused", status: 404, code: "original-not-found" }, "info"],
    ["a busy server", { outcome: "refused", status: 503, code: "busy" }, "info"],
    ["a rendition that was not stored", { outcome: "miss", storeFailure: "disk full" }, "warn"],
    ["an original that cannot be read", { outcome: "refused", status: 404, cause: new Error("EACCES") }, "warn"],
    ["a failed store", { outcome: "refused", status: 502, code: "store-unavailable", cause: unreadable }, "error"],
  ])("is right for %s", (_, report, level) => {
    expect(toLogEntry({ ...HIT, ...report }).level).toBe(level)
  })

  it("comes with the cause once, and with a stack only where the error is unexpected", () => {
    const known = toLogEntry({ ...HIT, status: 502, cause: unreadable })
    expect(known.fields).toMatchObject({ err: 'folder: "a.jpg": Error: EIO: i/o error', stack: undefined })
    const bug = toLogEntry({ ...HIT, status: 500, cause: internalError(new TypeError("x is undefined")) })
    expect(bug.fields["err"]).toBe("internal error: TypeError: x is undefined")
    expect(bug.fields["stack"]).toMatch(/^\s+at .*log\.test\.ts/)
    const nested = toLogEntry({ ...HIT, cause: corruptOriginal(new Error("a", { cause: new Error("b") })) })
    expect(nested.fields["err"]).toBe("corrupt original: a: b")
  })
})

describe("the log on a terminal", () => {
  it("has one readable line for everything, and no JSON", async () => {
    const { log, lines } = await openFileLog(true)
    log.request({ ...HIT, outcome: "miss", output: { byteLength: 1234, contentType: "image/webp" } })
    log.request({ ...REFUSED, cause: new Error("two\nlines") })
    log.request({ ...HIT, outcome: "miss", storeFailure: "disk full" })
    log.note("Shutting down; finishing in-flight requests.")
    log.error(new Error("permission denied"), "watching the originals failed")
    await log.flush()
    // oxlint-disable-next-line no-control-regex
    expect(lines().map((line) => line.replaceAll(/\x1b\[\d+m|\d\d:\d\d:\d\d /g, ""))).toEqual([
      "200 miss          0.1 ms  GET /360x270/a.jpg  image/webp 1234 bytes",
      "404 refused       0.1 ms  GET /360x270/b.jpg  original-not-found none — two lines",
      "200 miss          0.1 ms  GET /360x270/a.jpg — not stored: disk full",
      "Shutting down; finishing in-flight requests.",
      "watching the originals failed: permission denied",
    ])
  })
})

describe("a destination that takes no lines", () => {
  const fill = (log: Log): void => {
    for (let count = 0; count < 20_000; count++) log.request({ ...HIT, target: `/${count}/${"x".repeat(100)}.jpg` })
  }

  it("costs lines, which are counted, where its disk is full", async () => {
    const fd = openSync("/dev/full", "w")
    onTestFinished(() => closeSync(fd))
    const log = createLog({ fd, isTTY: false, on: () => {} } as unknown as LogStream)
    fill(log)
    await log.flush()
    expect(log.dropped()).toBeGreaterThan(1000)
    // Until nothing is left to write: the number of the descriptor is used again.
    await expect.poll(log.dropped).toBe(20_000)
  })

  it("costs lines and no time where a pipe is not read", async () => {
    const { log } = openPipeLog("sleep", "100")
    for (let round = 0; round < 5; round++) {
      fill(log)
      await sleep(10)
    }
    expect(log.dropped()).toBeGreaterThan(50_000)
    await expect(log.flush()).resolves.toBeUndefined()
  })

  it("costs lines and no exception where the reader of a pipe ended", async () => {
    const { log, end } = openPipeLog("cat")
    log.note("first")
    await log.flush()
    expect(log.dropped()).toBe(0)
    await end()
    for (let round = 0; round < 3; round++) {
      log.note(`line ${round}`)
      await log.flush()
      await sleep(10)
    }
    expect(log.dropped()).toBe(3)
  })

  it("gets the number of missing lines once it takes lines again", async () => {
    const file = join(await temporaryFolder(), "log")
    const fd = openSync(file, "a")
    onTestFinished(() => closeSync(fd))
    const log = createLog({ fd, isTTY: false, on: () => {} } as unknown as LogStream)
    fill(log)
    await log.flush()
    log.note("last")
    await log.flush()
    const entries = readFileSync(file, "utf8").trimEnd().split("\n").map(parse)
    const missing = entries.filter(({ msg }) => /log lines were dropped/.test(String(msg)))
    expect(missing).toHaveLength(1)
    expect(missing[0]).toMatchObject({
      level: 40,
      msg: expect.stringContaining(`${log.dropped()} log lines`) as string,
    })
    expect(entries).toHaveLength(20_000 - log.dropped() + 2)
  })
})

/** The log of a server: lines of hits are put together by hand and held for a turn, and must come as all others do, in order, to the last. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"

import { expect, it } from "vitest"

import { PACKAGE } from "../support/command.ts"

const run = promisify(execFile)

/** Writes lines in one turn of the event loop, and once more when what writes them has been loaded; ends at once. */
const PROGRAM = `
const { createLog } = await import(process.argv[1])
const log = createLog({ isTTY: false })
const of = { method: "GET", original: "a.jpg", size: "360x270", format: undefined, timings: {} }
const hit = (target, more) => log.request({ ...of, target, status: 200, durationMs: 0.0804, outcome: "hit", reason: "stored and in step", ...more })
const refused = (target) => log.request({ ...of, target, status: 404, durationMs: 1, outcome: "refused", code: "original-not-found", reason: "none" })
for (const turn of [1, 2]) {
  hit("/" + turn + "/a.jpg")
  refused("/" + turn + "/b.jpg")
  hit("/" + turn + "/a.jpg", { status: 304 })
  hit("/" + turn + "/a.jpg", { format: "webp" })
  log.note("note " + turn)
  hit("/" + turn + '/"c".jpg')
  await log.flush()
}
process.exit(0)
`

it("has every line, in order, and those of hits are JSON like all others", async () => {
  const { stderr } = await run(process.execPath, [
    "--input-type=module",
    "--eval",
    PROGRAM,
    join(PACKAGE, "dist/server/log.js"),
  ])
  const lines = stderr
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  const told = lines.map(({ target, status, format, msg }) => [target ?? msg, status, format])
  const inTurn = (turn: number): unknown => [
    [`/${turn}/a.jpg`, 200, undefined],
    [`/${turn}/b.jpg`, 404, undefined],
    [`/${turn}/a.jpg`, 304, undefined],
    [`/${turn}/a.jpg`, 200, "webp"],
    [`note ${turn}`, undefined, undefined],
    [`/${turn}/"c".jpg`, 200, undefined],
  ]
  expect(told).toEqual([1, 2].flatMap(inTurn))
  expect(lines[0]).toMatchObject({ level: 30, msg: "request", method: "GET", outcome: "hit", durationMs: 0.08 })
  expect(Object.keys(lines[0] ?? {}).toSorted()).toEqual(
    Object.keys(lines[1] ?? {})
      .filter((name) => name !== "code")
      .toSorted(),
  )
})

/** Some of the damaged pictures of `npm run stress`, and a check that a process that dies or hangs is noticed. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { temporaryFolder } from "../support/folders.ts"
import { images } from "./images.ts"
import { tryPart } from "./part.ts"
import { createPool } from "./pool.ts"

describe("damaged pictures", () => {
  it.skipIf(process.platform !== "linux")(
    "kill and hang no process, and get pictures that decode or errors that blame the file",
    async () => {
      const { trials, broken } = await tryPart(images, { count: 600, seconds: 20, seed: 1 })
      expect(broken).toEqual([])
      expect(trials).toBeGreaterThan(100)
    },
  )
})

describe("a pool", () => {
  it("reports a child that dies or hangs, and continues with another one", async () => {
    const script = join(await temporaryFolder(), "child.mjs")
    await writeFile(
      script,
      `process.on("message", ({ what }) => {
        if (what === "die") process.kill(process.pid, "SIGSEGV")
        else if (what === "hang") for (;;);
        else process.send(what)
      })`,
    )
    const pool = createPool<{ readonly what: string }, string>({ script, children: 1, timeoutMs: 4000 })
    const replies = await Promise.all(["a", "die", "b", "hang", "c"].map((what) => pool.send({ what })))
    expect(replies).toEqual([
      { answer: "a" },
      { died: expect.stringContaining("SIGSEGV") },
      { answer: "b" },
      { died: "did not answer within 4000 ms" },
      { answer: "c" },
    ])
  })
})

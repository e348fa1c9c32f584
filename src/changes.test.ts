/** Reports of more changed originals than can wait, and of deletions that fail. */
import { expect, it, onTestFinished } from "vitest"

import { createChanges, reportDeletions } from "./changes.ts"
import { createTailor } from "./index.ts"
import { parseSizeList } from "./sizes/list.ts"
import { memoryOriginals, memoryRenditions } from "./store/memory.ts"

it("createChanges reports as many originals as may wait, and one notice about all others", async () => {
  const parsed = parseSizeList(["60w"])
  if ("problems" in parsed) throw new Error("The list is not valid.")
  const maxBytes = { segment: 255, key: 1024 }
  const grammar = {
    sizes: parsed.list,
    formats: [],
    retired: { sizes: [], formats: [] },
    sharedStore: false,
    maxBytes,
  } as const
  const notices: string[] = []
  let reported = 0
  const changes = createChanges({
    grammar,
    basePath: "",
    send: [({ length }) => void (reported += length)],
    notify: (text) => void notices.push(text),
  })
  for (let round = 1; round <= 2; round++) {
    for (let n = 0; n < 10_050; n++) changes.add(`${n}.jpg`)
    await changes.settled()
    expect([reported, notices.length]).toEqual([round * 10_000, round])
  }
  expect(notices[0]).toContain("Purge the whole CDN")
})

it("reportDeletions reports the originals of a deletion that fails, since some of its keys may be gone", async () => {
  const memory = memoryRenditions()
  const failing = {
    ...memory,
    delete: async (keys: readonly string[]): Promise<number> => {
      await memory.delete(keys.slice(0, 1))
      throw new Error("The second key cannot be deleted.")
    },
  }
  const reported: string[] = []
  const renditions = reportDeletions(failing, (original) => void reported.push(original))
  await expect(renditions.delete(["60w/a.jpg", "60w/b.jpg"])).rejects.toThrow("second key")
  expect(reported).toEqual(["a.jpg", "b.jpg"])
})

it("an onNotice that throws stops no later report of changed originals", async () => {
  const warnings: string[] = []
  const onWarning = ({ message }: Error): void => void warnings.push(message)
  process.on("warning", onWarning)
  onTestFinished(() => void process.off("warning", onWarning))
  const renditions = memoryRenditions()
  const meta = { original: "a.jpg", version: "1", kind: "jpeg", recipeId: "1", etag: '"1"', modifiedMs: 1 } as const
  const reports: number[] = []
  const tailor = createTailor(
    { originals: memoryOriginals(), renditions, sizes: ["60w"] },
    {
      onChange: ({ length }) => {
        reports.push(length)
        throw new Error("The CDN is down.")
      },
      onNotice: () => {
        throw new Error("The logger is down.")
      },
    },
  )
  for (let round = 0; round < 2; round++) {
    await renditions.put("60w/a.jpg", new Uint8Array(1), { ...meta, contentType: "image/jpeg" })
    expect(await tailor.purge("a.jpg")).toBe(1)
    await tailor.idle()
  }
  await tailor.close()
  expect(reports).toHaveLength(2)
  await expect.poll(() => warnings.join()).toContain("onNotice failed: The logger is down.")
})

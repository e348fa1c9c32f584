/** Reports of more changed originals than can wait, and of deletions that fail. */
import { expect, it } from "vitest"

import { createChanges, reportDeletions } from "./changes.ts"
import { parseSizeList } from "./sizes/list.ts"
import { memoryRenditions } from "./store/memory.ts"

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

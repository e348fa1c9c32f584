/**
 * A redesign: a list with three sizes becomes one with four, of which one is renamed, one retired and one has another quality. Pages with
 * the old URLs keep working throughout.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { compareLists } from "../../src/redesign/compare-lists.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { describe, flat } from "../support/photos.ts"

/** The version of a photo proves nothing while it is younger. */
const STABLE_AFTER_MS = 2100
const NAMES = ["a", "b", "c", "d"] as const

const BEFORE: Partial<TailorOptions> = { sizes: [{ size: "60w", name: "small" }, "40x30", "90w"] }
const AFTER: Partial<TailorOptions> = {
  sizes: [
    { size: "60w", name: "small", quality: 40 },
    { size: "40x30", name: "card", aliases: ["40x30"] },
    { size: "100w", aliases: ["90w"] },
    "200w",
  ],
}

/** Requests an image. @returns how it was found, and its width */
const ask = async (
  tailor: OpenTailor,
  size: string,
  name: string,
): Promise<{ readonly status: string; readonly width: number }> => {
  const response = await tailor.fetch(new Request(`http://localhost/${size}/${name}.jpg`))
  expect([response.status, size]).toEqual([200, size])
  const { width } = await describe(Buffer.from(await response.arrayBuffer()))
  return { status: response.headers.get("cache-status") ?? "", width }
}

it("a redesign keeps old URLs working, delays no request, and prune leaves exactly the planned files", async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, "photos"))
  for (const name of NAMES) await writeFile(join(folder, `photos/${name}.jpg`), await flat({ width: 300, height: 200 }))
  await sleep(STABLE_AFTER_MS)
  const open = (options: Partial<TailorOptions>): OpenTailor => {
    const all = { originals: "photos", renditions: "made", sizes: ["1w"], formats: [], ...options }
    return openTailor({ ...resolveConfig(all, environment(folder)), isolation: "none" })
  }
  const stored = (): Promise<readonly string[]> => filesBelow(join(folder, "made", "files"))

  const before = open(BEFORE)
  for (const name of NAMES) for (const size of ["small", "40x30", "90w"]) await ask(before, size, name)
  await before.idle()
  expect(await stored()).toHaveLength(12)

  const after = open(AFTER)
  const toVersion = ({ config: { grammar, settings } }: OpenTailor) => ({ grammar, settings })
  expect(compareLists(toVersion(before), toVersion(after))).toMatchObject({
    added: [{ name: "card" }, { name: "100w" }, { name: "200w" }],
    retired: [
      { name: "40x30", successor: "card", isAlias: true },
      { name: "90w", successor: "100w", isAlias: true },
    ],
    changed: [{ size: { name: "small" }, members: ["quality"] }],
  })
  const seen: Record<string, Set<string>> = {}
  for (const name of NAMES) {
    for (const [size, width] of [
      ["small", 60],
      ["40x30", 40],
      ["90w", 100],
      ["card", 40],
      ["100w", 100],
      ["200w", 200],
    ] as const) {
      const found = await ask(after, size, name)
      expect([size, found.width]).toEqual([size, width])
      seen[size] ??= new Set()
      seen[size].add(found.status)
    }
  }
  // The changed size is sent as stored, or was rendered again already. The first URL of each other size renders, its second name finds that.
  expect([...(seen["small"] ?? [])].every((status) => status.startsWith("imgtailor; hit"))).toBe(true)
  const firsts = ["40x30", "90w", "200w"].map((size) => Array.from(seen[size] ?? []))
  expect(firsts).toEqual([["imgtailor; fwd=uri-miss"], ["imgtailor; fwd=uri-miss"], ["imgtailor; fwd=uri-miss"]])
  expect(["card", "100w"].map((size) => Array.from(seen[size] ?? []))).toEqual([["imgtailor; hit"], ["imgtailor; hit"]])
  // Renders in the background take no slot, so nothing waits for them.
  expect(after.core.slotState()).toEqual({ running: 0, waiting: 0 })

  const keysOf60 = NAMES.map((name) => `small/${name}.jpg`)
  await expect
    .poll(() => Promise.all(keysOf60.map(after.core.freshness.freshnessOfKey)), { timeout: 20_000 })
    .toEqual(keysOf60.map(() => "fresh"))
  async function* keys(): AsyncGenerator<string> {
    yield* after.renditions.list?.("") ?? []
  }
  await after.core.prune(keys())
  const planned = ["small", "card", "100w", "200w"].flatMap((size) => NAMES.map((name) => `${size}/${name}.jpg`))
  expect(await stored()).toEqual(planned.toSorted())
  for (const size of ["small", "40x30", "90w"]) expect((await ask(after, size, "a")).status).toBe("imgtailor; hit")
}, 60_000)

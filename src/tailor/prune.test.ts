/** Tests of prune over random states of the originals and the renditions. */
import { array, assert, asyncProperty, constantFrom, nat, record } from "fast-check"
import { describe, expect, it } from "vitest"

import { ORIGINALS_STATES, RENDITION_STATES, type Shop, createShop } from "../../test/support/prune-shop.ts"
import { codeOf } from "../errors.ts"

const states = array(
  record({ original: constantFrom(...ORIGINALS_STATES), rendition: constantFrom(...RENDITION_STATES) }),
  { minLength: 1, maxLength: 40 },
)

const run = async (shop: Shop, options: Parameters<Shop["prune"]>[0] = {}): Promise<readonly string[]> => {
  await shop.prune(options)
  return shop.keys()
}

describe("prune", () => {
  it("prune leaves exactly the renditions that are fresh, and everything that is not imgtailor's, in any state", async () => {
    await assert(
      asyncProperty(states, async (entries) => {
        const shop = await createShop(entries)
        expect(await run(shop)).toEqual(shop.expected)
        expect(await run(shop)).toEqual(shop.expected)
      }),
      { numRuns: 200 },
    )
  })

  it("prune deletes nothing in a dry run, and counts the others", async () => {
    await assert(
      asyncProperty(states, async (entries) => {
        const shop = await createShop(entries)
        const before = await shop.keys()
        let found = 0
        await shop.prune({
          isDryRun: true,
          onBatch: (judged) => (found += judged.filter(({ verdict }) => !/kept|missing|foreign/.test(verdict)).length),
        })
        expect([await shop.keys(), found]).toEqual([before, before.length - shop.expected.length])
      }),
      { numRuns: 100 },
    )
  })

  it("prune deletes nothing while the originals are away, from the start or from any batch on", async () => {
    await assert(
      asyncProperty(states, nat(3), async (entries, leavesAfter) => {
        const shop = await createShop(entries)
        const before = await shop.keys()
        shop.hideOriginals(leavesAfter)
        const code = await shop.prune().then(() => undefined, codeOf)
        const deleted = before.filter((key) => !shop.has(key))
        // Renditions that were deleted before the originals left were rightly deleted.
        expect(deleted.filter((key) => shop.expected.includes(key))).toEqual([])
        expect([undefined, "store-unavailable"]).toContain(code)
        expect(leavesAfter === 0 ? deleted : []).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  it("prune continues where it was interrupted, and ends with the same renditions", async () => {
    await assert(
      asyncProperty(array(states, { minLength: 3, maxLength: 6 }), nat(5), async (parts, batches) => {
        const shop = await createShop(parts.flat())
        const controller = new AbortController()
        let [seen, last] = [0, ""]
        await shop.prune({
          signal: controller.signal,
          onBatch: (judged) => {
            last = judged.at(-1)?.key ?? last
            if (seen++ >= batches) controller.abort()
          },
        })
        await shop.prune({}, last)
        expect(await shop.keys()).toEqual(shop.expected)
      }),
      { numRuns: 50 },
    )
  })

  it("prune keeps keys whose store fails, reports them, and gives up after many failures in a row", async () => {
    const entries = Array.from({ length: 10 }, () => ({ original: "present", rendition: "recipe" }) as const)
    const shop = await createShop(entries)
    const failed: string[] = []
    shop.failHead((key) => key.includes("/3.jpg"))
    await shop.prune({ onFailure: (key) => void failed.push(key) })
    expect([failed.length, await shop.keys()]).toEqual([1, failed])
    const many = await createShop(Array.from({ length: 100 }, () => ({ original: "present", rendition: "recipe" })))
    many.failHead(() => true)
    await expect(many.prune()).rejects.toThrow("no disk")
    expect(await many.keys()).toHaveLength(100)
  })

  it("prune deletes the other renditions where one cannot be deleted, reports that one, and gives up after many in a row", async () => {
    const entries = Array.from({ length: 100 }, () => ({ original: "present", rendition: "recipe" }) as const)
    const shop = await createShop(entries)
    const failed: string[] = []
    const totals = { deleted: 0, kept: 0 }
    shop.failDelete((key) => key.includes("/3.jpg"))
    await shop.prune({
      onFailure: (key) => void failed.push(key),
      onBatch: (judged, deleted) => {
        totals.deleted += deleted
        totals.kept += judged.filter(({ verdict }) => verdict === "kept").length
      },
    })
    expect([failed.length, await shop.keys(), totals]).toEqual([1, failed, { deleted: 99, kept: 1 }])
    const many = await createShop(entries)
    many.failDelete(() => true)
    await expect(many.prune()).rejects.toThrow("may not be deleted")
    expect(await many.keys()).toHaveLength(100)
  })

  it("prune does not delete a rendition that was rendered again since it was looked at", async () => {
    const shop = await createShop([{ original: "present", rendition: "recipe" }])
    shop.renewAfterHead()
    await shop.prune()
    expect(await shop.keys()).toHaveLength(1)
  })
})

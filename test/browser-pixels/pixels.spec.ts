/**
 * Renditions against Chromium: the original and its rendition are drawn by the same browser, over white and over black. A PNG of the same
 * size agrees within 6 levels in 99.5 % of the pixels; lossy formats agree within 4 levels in the means of blocks of 16 × 16.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import type { Format } from "../../src/sizes/format.ts"
import { rendition } from "../image/support.ts"
import { type Artist, type Drawn, openArtist } from "./browser.ts"
import { maxBlockDifference, shareBeyond } from "./compare.ts"
import { type Original, ORIGINALS } from "./originals.ts"

/** See AVIF_ALPHA in originals.ts. */
const LOSSY: readonly Format[] = ["avif", "webp", "jpeg"]
const LOSSY_WITH_ALPHA: readonly Format[] = ["webp", "jpeg"]

const LEVELS = 6
const SHARE = 0.005
const BLOCK_LEVELS = 4
const BACKGROUNDS = ["#ffffff", "#000000"] as const

const COMPARED = ORIGINALS.filter(({ share }) => share !== 1)

let artist: Artist

beforeAll(async () => {
  artist = await openArtist()
})

afterAll(async () => {
  await artist.close()
})

/** The original and its rendition, drawn over a background. */
const drawBoth = async (
  { type, make }: Original,
  requested: Format,
  background: string,
): Promise<readonly [Drawn, Drawn]> => {
  const bytes = await make()
  const rendered = await rendition(bytes, { size: "8192w", requested, settings: { background } })
  const pair = [
    await artist.draw(bytes, type, background),
    await artist.draw(rendered.bytes, rendered.contentType, background),
  ] as const
  expect(pair[1]).toMatchObject({ width: pair[0].width, height: pair[0].height })
  return pair
}

describe("renditions in Chromium", () => {
  it.each(COMPARED.map((original) => [original.name, original] as const))(
    "a PNG of %s looks like its original",
    async (_, original) => {
      for (const background of BACKGROUNDS) {
        const [before, after] = await drawBoth(original, "png", background)
        expect(shareBeyond(before, after, LEVELS)).toBeLessThanOrEqual(original.share ?? SHARE)
      }
    },
  )

  it.each(COMPARED.map((original) => [original.name, original] as const))(
    "lossy renditions of %s look like their original from afar",
    async (_, original) => {
      for (const requested of original.hasAlpha ? LOSSY_WITH_ALPHA : LOSSY) {
        const [before, after] = await drawBoth(original, requested, "#ffffff")
        expect({ requested, difference: maxBlockDifference(before, after) }).toEqual({
          requested,
          difference: expect.toSatisfy((difference: number) => difference <= (original.blockLevels ?? BLOCK_LEVELS)),
        })
      }
    },
  )
})

/** Responsible for the `<img>` tag in the introduction of `serve`, to paste into a page. */
import { createClient } from "../client/client.ts"
import type { OpenTailor } from "../create-tailor.ts"
import type { OriginalKey } from "../sizes/key.ts"
import { lookOf, type Size, type SizeList, toSizeInput } from "../sizes/list.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import { openOriginal } from "./open-original.ts"

/** The introduction does not wait longer for the header of its first original. */
const INSPECT_MS = 5000

/** The largest size of the shape that suits a page best: a width, else a height, else a crop. */
const shapeOf = (sizes: SizeList): Size => {
  const plain = sizes.filter((size) => !lookOf(size))
  const byWidth = plain.find(({ height }) => height === undefined)
  const byHeight = plain.find(({ width }) => width === undefined)
  return sizesOfShape(byWidth ?? byHeight ?? sizes[0], sizes).at(-1) ?? sizes[0]
}

/** An `<img>` tag with a `srcset` of true widths; undefined for an original that cannot be decoded. */
export const imageTag = async (
  tailor: OpenTailor,
  original: OriginalKey,
  baseUrl: string,
): Promise<string | undefined> => {
  const signal = AbortSignal.timeout(INSPECT_MS)
  const opened = await openOriginal(tailor, original, signal).catch(() => undefined)
  if (!opened) return undefined
  const { sizes } = tailor.core.grammar
  const photos = createClient({ baseUrl, sizes: sizes.map(toSizeInput) })
  const attributes = photos.img(original, { shape: shapeOf(sizes).name, info: opened.inspected.dimensions })
  return `<img ${Object.entries({ ...attributes, alt: "" })
    .map(([name, value]) => `${name}="${value}"`)
    .join(" ")}>`
}

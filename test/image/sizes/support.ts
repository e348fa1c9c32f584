/** Helpers for the tests of named sizes: one rendition of an original by the options of a size. */
import { createHash } from "node:crypto"

import { createRenderer } from "../../../src/render/render.ts"
import type { Rendered } from "../../../src/render/renderer.ts"
import type { FocalPoint } from "../../../src/sizes/focal-point.ts"
import type { Format } from "../../../src/sizes/format.ts"
import { type NamedSizeInput, parseSizeList, type Size } from "../../../src/sizes/list.ts"
import { imageRecipe, infoRecipe, type RenderSettings } from "../../../src/sizes/recipe.ts"
import { decode, type Decoded, LIMITS, SETTINGS } from "../support.ts"

/** A size with a name. @throws {Error} for options that the list refuses */
export const namedSize = (input: NamedSizeInput): Size => {
  const parsed = parseSizeList([{ name: "named", ...input }])
  if ("problems" in parsed) throw new Error(parsed.problems.map(({ message }) => message).join("\n"))
  return parsed.list[0]
}

export interface NamedOptions {
  /** The explicit format. @default the size's, else the original's */
  readonly format?: Format
  readonly focalPoint?: FocalPoint
  readonly settings?: Partial<RenderSettings>
  /** Files of overlays by the text of `image`. */
  readonly images?: Readonly<Record<string, Uint8Array>>
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

/** The size with the digests of its overlays, as a configuration has it. */
const withDigests = (size: Size, images: NonNullable<NamedOptions["images"]>): Size => {
  if (!size.overlay) return size
  const overlay = size.overlay.map((one) => {
    const bytes = images[one.image]
    return { ...one, ...(bytes && { digest: digestOf(bytes) }) }
  })
  return { ...size, overlay }
}

/** Renders an original in a size. */
export const renderNamed = async (
  original: Uint8Array,
  input: NamedSizeInput,
  { format, focalPoint, settings, images = {} }: NamedOptions = {},
): Promise<Rendered> => {
  const size = withDigests(namedSize(input), images)
  const files = new Map(Object.values(images).map((bytes) => [digestOf(bytes), bytes]))
  const session = await createRenderer(LIMITS, (digest) => files.get(digest)).open(original)
  try {
    return await session.render(imageRecipe(size, format ?? size.format, { ...SETTINGS, ...settings }, focalPoint))
  } finally {
    session.close()
  }
}

/** The decoded rendition of an original in a size. */
export const decodeNamed = async (...given: Parameters<typeof renderNamed>): Promise<Decoded> =>
  decode((await renderNamed(...given)).bytes)

/** The `info` of an original for a list with this size. */
export const infoFor = async (original: Uint8Array, input: NamedSizeInput): Promise<Record<string, unknown>> => {
  const session = await createRenderer(LIMITS).open(original)
  try {
    const { bytes } = await session.render(infoRecipe(SETTINGS, [namedSize(input)]))
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } finally {
    session.close()
  }
}

/**
 * Addresses for whatever a framework asks for, in its own words: any width and height, of which it knows no list.
 *
 * Holds: every address is of a listed size; what already is an address of ours stays as it is.
 */
import { type Client, type ClientOptions, createClient } from "../client/client.ts"
import { fail } from "../client/fail.ts"
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import { type Shape, type SizeInput, toShape } from "../sizes/list.ts"
import type { Box } from "../sizes/size.ts"
import { sizesOfShape, snap } from "../sizes/snap.ts"

/** As much as any list: sizes and formats are found out when they are asked for. */
export type AnyOptions = ClientOptions<readonly SizeInput[], readonly Format[]>

/** What a framework asks for; sides in pixels of the picture. */
export interface Asked {
  readonly width?: number | string | undefined
  readonly height?: number | string | undefined
  /** One that is no explicit format means the original's own. */
  readonly format?: string | undefined
  /** The name of a listed size: chosen from all that show the same part of the picture, by their width. @default any that {@link snap} takes */
  readonly shape?: string | undefined
}

/** See {@link createSnapped}. */
export interface Snapped {
  readonly photos: Client<string, Format>
  readonly list: readonly Shape[]
  /** @throws {TypeError} for what is no key, for a shape that is not listed, and where the list has no size of the kind that is asked for */
  readonly addressOf: (original: string, asked: Asked) => string
}

const isEnough = (size: Box, { width, height }: Box): boolean =>
  size.width && width ? size.width >= width : (size.height ?? Infinity) >= (height ?? 0)

const side = (asked: number | string | undefined): number | undefined => (asked ? Number(asked) : undefined)

/** @throws {TypeError} for a list with mistakes */
export const createSnapped = (options: AnyOptions): Snapped => {
  const photos: Client<string, Format> = createClient(options)
  const list = options.sizes.flatMap((size) => toShape(size) ?? [])
  const { formats = DEFAULT_FORMATS } = options

  const ofShape = (name: string, asked: Box): Shape => {
    const shape = list.find((size) => size.name === name) ?? fail(`Expected a listed size as shape, got ${name}.`)
    if (!asked.width && !asked.height) return shape
    const ladder = sizesOfShape(shape, list)
    return ladder.find((size) => isEnough(size, asked)) ?? ladder[ladder.length - 1] ?? shape
  }

  return {
    photos,
    list,
    addressOf: (original, { shape, format, ...sides }) => {
      if (photos.parse(original).length > 0) return original
      const [width, height] = [side(sides.width), side(sides.height)]
      const asked = { ...(width && { width }), ...(height && { height }) }
      const size =
        (shape === undefined ? snap(asked, list) : ofShape(shape, asked)) ??
        fail(`Expected a width or a height of ${original}, of a kind that is listed, got ${width} × ${height}.`)
      return photos.url(
        original.replace(/^\//, ""),
        size.name,
        formats.find((one) => one === format),
      )
    },
  }
}

/**
 * Responsible for corrections of AVIFs before they are decoded.
 *
 * Source: AV1 Image File Format §6 (brands), §3 (image sequences); ISO/IEC 14496-12 §12.1.5 (colour information).
 */
import { ascii } from "../header/bytes.ts"
import type { HeifHeader } from "../header/heif.ts"
import type { Edit } from "./edit.ts"

const MAIN_BRAND = { start: 8, end: 12 }

/** Main brands by which the image library recognises a picture. */
const KNOWN_BRANDS = /^(?:avif|mif1|msf1|hei[cmsx]|hev[cmsx])$/

/** An animated AVIF also has a still picture, mostly its first frame. The library only refuses the brand, and other general ones. */
export const asStill = ({ brand, compatibleBrands, primary }: HeifHeader): readonly Edit[] =>
  !KNOWN_BRANDS.test(brand) && primary?.type === "av01" && compatibleBrands.includes("avif")
    ? [{ ...MAIN_BRAND, bytes: Buffer.from("avif", "latin1") }]
    : []

const COLOUR_TYPES: ReadonlySet<string> = new Set(["nclx", "prof", "rICC"])

/** Colour information of another type is ignored by browsers; the decoder refuses the file. */
export const hideOtherColours = (bytes: Uint8Array, { properties }: HeifHeader): readonly Edit[] => {
  const unknown = properties.filter(
    ({ type, start }) => type === "colr" && !COLOUR_TYPES.has(ascii(bytes, start, start + 4)),
  )
  // A grid and its cells may share a property.
  return [...new Set(unknown.map(({ start }) => start))].map((start) => ({
    start: start - 4,
    end: start,
    bytes: Buffer.from("free", "latin1"),
  }))
}

const TRANSFORMS: ReadonlySet<string> = new Set(["clap", "imir", "irot"])

/**
 * The picture is turned after its cells were put together, so cells have no transformations of their own (MIAF, ISO/IEC 23000-22).
 * Some encoders write those of the picture to all cells: browsers ignore them, the decoder turns each cell.
 */
export const keepCellsUpright = ({ cells }: HeifHeader): readonly Edit[] => {
  const transforms = cells.flatMap(({ properties }) => properties.filter(({ type }) => TRANSFORMS.has(type)))
  const places = new Map(transforms.map(({ association }) => [association.start, association]))
  // A property of number 0 is none (ISO/IEC 23008-12 §9.3.1).
  return [...places.values()].map(({ start, end }) => ({ start, end, bytes: Buffer.alloc(end - start) }))
}

/** The colours of the picture are multiplied by its alpha (ISO/IEC 23008-12 §6.10.1.2). */
export const isPremultiplied = ({ references, primary }: HeifHeader): boolean =>
  references.some(({ type, from }) => type === "prem" && from === primary?.id)

/**
 * Responsible for the subject that a file's metadata marks, in the upright picture: faces first, then other regions of XMP, then the area
 * that EXIF names. Metadata is read and never written.
 *
 * Sources: EXIF 2.32 §4.6.5 (SubjectArea, SubjectLocation), TIFF 6.0 §8 (Orientation).
 */
import readExif from "exif-reader"

import type { ImageRecipe } from "../../sizes/recipe.ts"
import type { Dimensions } from "../../sizes/size.ts"
import type { Region, Subject } from "./crop.ts"
import type { Rectangle } from "./plan.ts"
import { type MarkedRegion, type MarkedRegions, parseXmpRegions } from "./xmp-regions.ts"

/** Units of the regions of a file. */
export interface MarkedMetadata extends Dimensions {
  readonly xmp?: Uint8Array
  /** TIFF structure, perhaps behind `Exif\0\0`. */
  readonly exif?: Uint8Array
  /** EXIF orientation, 1 to 8. @default 1 */
  readonly orientation?: number
}

const MAX_EXIF_BYTES = 200_000

/** Types of regions, the most important first. Codes are no subject. */
const TYPES = ["Face", "Pet", "Focus", ""] as const

type Point = readonly [x: number, y: number]

/** From a point of the stored picture to that of the upright one, both as shares, by EXIF orientation. */
const UPRIGHT: Readonly<Record<number, (x: number, y: number) => Point>> = {
  1: (x, y) => [x, y],
  2: (x, y) => [1 - x, y],
  3: (x, y) => [1 - x, 1 - y],
  4: (x, y) => [x, 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [1 - y, x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [y, 1 - x],
}

const toRegion = ({ x, y, width, height }: MarkedRegion, orientation: number): Region => {
  const [across, down] = UPRIGHT[orientation]?.(x, y) ?? [x, y]
  const isTurned = orientation >= 5
  const [w, h] = isTurned ? [height, width] : [width, height]
  return { left: across - w / 2, top: down - h / 2, width: w, height: h }
}

const union = (regions: readonly Region[]): Region => {
  const left = Math.min(...regions.map((region) => region.left))
  const top = Math.min(...regions.map((region) => region.top))
  const right = Math.max(...regions.map((region) => region.left + region.width))
  const bottom = Math.max(...regions.map((region) => region.top + region.height))
  return { left, top, width: right - left, height: bottom - top }
}

const isInPicture = ({ left, top, width, height }: Region): boolean => {
  const [x, y] = [left + width / 2, top + height / 2]
  return x >= 0 && x <= 1 && y >= 0 && y <= 1
}

/** Ratios that differ by less are of one picture: dimensions are rounded. */
const RATIO_TOLERANCE = 0.02

const isRatio = (a: Dimensions, b: Dimensions): boolean =>
  Math.abs((a.width * b.height) / (a.height * b.width) - 1) < RATIO_TOLERANCE

/**
 * The orientation that regions were marked in: most programs mark the stored picture, some the upright one. Undefined if the picture was
 * cropped since.
 */
const markedOrientation = (
  { appliedTo }: MarkedRegions,
  { width, height, orientation = 1 }: MarkedMetadata,
): number | undefined => {
  if (!appliedTo || isRatio(appliedTo, { width, height })) return orientation
  return orientation >= 5 && isRatio(appliedTo, { width: height, height: width }) ? 1 : undefined
}

/** Programs write pixels, although the guidelines say shares. */
const toShares = (region: MarkedRegion, { appliedTo }: MarkedRegions): MarkedRegion => {
  if (!appliedTo || Math.max(region.x, region.y) <= 1) return region
  const { width, height } = appliedTo
  return {
    type: region.type,
    x: region.x / width,
    y: region.y / height,
    width: region.width / width,
    height: region.height / height,
  }
}

const xmpSubject = (metadata: MarkedMetadata): Subject | undefined => {
  const marked = metadata.xmp && parseXmpRegions(metadata.xmp)
  const orientation = marked && markedOrientation(marked, metadata)
  if (!marked || orientation === undefined) return undefined
  for (const type of TYPES) {
    const ofType = marked.regions.filter((region) => region.type === type || (type === "" && !isKnown(region.type)))
    const regions = ofType.map((region) => toRegion(toShares(region, marked), orientation)).filter(isInPicture)
    const [main] = regions.toSorted((a, b) => b.width * b.height - a.width * a.height)
    if (main) return { whole: union(regions), main }
  }
  return undefined
}

const isKnown = (type: string): boolean => type === "BarCode" || TYPES.some((known) => known === type)

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((part) => typeof part === "number")

/** Point, circle or rectangle, by its middle, in pixels of the original capture. */
const areaOf = ([x = NaN, y = NaN, w = 0, h = w]: readonly number[], { width, height }: Dimensions): MarkedRegion => ({
  x: x / width,
  y: y / height,
  width: w / width,
  height: h / height,
  type: "",
})

/** Metadata that cannot be parsed marks nothing. */
const parseExif = (exif: Uint8Array): ReturnType<typeof readExif> | undefined => {
  try {
    return readExif(Buffer.from(exif.buffer, exif.byteOffset, exif.length))
  } catch {
    return undefined
  }
}

/** The orientation that EXIF names, 1 to 8. */
export const orientationIn = (exif: Uint8Array): number | undefined => {
  const orientation = exif.length <= MAX_EXIF_BYTES ? Number(parseExif(exif)?.Image?.Orientation) : NaN
  return orientation >= 1 && orientation <= 8 ? orientation : undefined
}

type Photo = NonNullable<ReturnType<typeof readExif>["Photo"]>

/** Dimensions of the capture, in which EXIF measures. */
const capturedIn = (photo: Photo, { width, height }: Dimensions): Dimensions => ({
  width: Number(photo.PixelXDimension) || width,
  height: Number(photo.PixelYDimension) || height,
})

const photoIn = ({ exif }: MarkedMetadata): Photo | undefined =>
  exif && exif.length <= MAX_EXIF_BYTES ? parseExif(exif)?.Photo : undefined

const exifSubject = (metadata: MarkedMetadata): Subject | undefined => {
  const { orientation = 1 } = metadata
  const photo = photoIn(metadata)
  const area = photo?.SubjectArea ?? photo?.SubjectLocation
  if (!photo || !isNumbers(area) || area.length < 2) return undefined
  const captured = capturedIn(photo, metadata)
  if (!isRatio(captured, metadata)) return undefined
  const region = toRegion(areaOf(area, captured), orientation)
  return isInPicture(region) ? { whole: region, main: region } : undefined
}

/** The subject that metadata marks; undefined if it marks none. */
export const findSubject = (metadata: MarkedMetadata): Subject | undefined =>
  xmpSubject(metadata) ?? exifSubject(metadata)

/** A region of a picture, in a part of it. */
const regionIn = (region: Region, whole: Dimensions, part: Rectangle): Region => ({
  left: (region.left * whole.width - part.left) / part.width,
  top: (region.top * whole.height - part.top) / part.height,
  width: (region.width * whole.width) / part.width,
  height: (region.height * whole.height) / part.height,
})

/**
 * The subject of a smart crop: the focal point of the recipe, or else the region that metadata marks.
 * @param whole dimensions of the upright original
 * @param part of it that `trim` left
 */
export const subjectOf = (
  { gravity, focalPoint }: Pick<ImageRecipe, "gravity" | "focalPoint">,
  metadata: MarkedMetadata,
  whole: Dimensions,
  part: Rectangle | undefined,
): Subject | undefined => {
  if (gravity !== "smart") return undefined
  const point = focalPoint && { left: focalPoint[0], top: focalPoint[1], width: 0, height: 0 }
  const subject = point ? { whole: point, main: point } : findSubject(metadata)
  if (!subject || !part) return subject
  return { whole: regionIn(subject.whole, whole, part), main: regionIn(subject.main, whole, part) }
}

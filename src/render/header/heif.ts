/**
 * Responsible for the header of an AVIF, or another HEIF: its items, their properties and references.
 *
 * Source: ISO/IEC 14496-12 §8.11 (meta box), ISO/IEC 23008-12 §6 (items) and §9.3 (ipma), AV1 Image File Format §2 and §4.
 */
import { originalTooLarge } from "../../errors.ts"
import { type Av1Sequence, parseAv1Sequence } from "./av1.ts"
import { type Box, boxesOf, compatibleBrands, findBox } from "./boxes.ts"
import { ascii, type Span, viewOf } from "./bytes.ts"
import { parseItemLocations } from "./item-locations.ts"
import { checkMetadata, tooMany } from "./limits.ts"

/** A grid of 100 megapixels in tiles of 512 has 400. */
const MAX_ITEMS = 2000

/** Cells of a grid. */
const MAX_GRID_CELLS = 1024

/** References of all items. */
const MAX_REFERENCES = 4000

/** Entries of properties to all items, which have about 5 each. */
const MAX_ASSOCIATIONS = 20_000

/** A property of an item: its type, and the data behind its head. */
export interface HeifProperty extends Box {
  /** Where the item names it. */
  readonly association: Span
}

/** An item: a picture, a tile, alpha, metadata. */
export interface HeifItem {
  readonly id: number
  readonly type: string
  readonly properties: readonly HeifProperty[]
  /** Its data, or the first part of them. */
  readonly data: Span | undefined
}

/** A reference from one item to others. */
export interface HeifReference {
  readonly type: string
  readonly from: number
  readonly to: readonly number[]
}

/** The header of an AVIF or another HEIF. */
export interface HeifHeader {
  readonly kind: "heif"
  readonly brand: string
  readonly compatibleBrands: readonly string[]
  /** The picture to show; undefined for a file that is only a sequence. */
  readonly primary: HeifItem | undefined
  readonly references: readonly HeifReference[]
  /** The sequence header of the picture, or of the first tile of a grid. */
  readonly sequence: Av1Sequence | undefined
  /** Properties of the picture and, behind them, of the first tile of a grid. */
  readonly properties: readonly HeifProperty[]
  /** Tiles of a grid, and of the grid of its alpha. */
  readonly cells: readonly HeifItem[]
}

/** Head of a full box: version and flags. */
const FULL_BOX_BYTES = 4

const readItems = (bytes: Uint8Array, iinf: Box | undefined): ReadonlyMap<number, string> => {
  const types = new Map<number, string>()
  if (!iinf) return types
  const view = viewOf(bytes)
  const countBytes = bytes[iinf.start] === 0 ? 2 : 4
  for (const infe of boxesOf(bytes, { start: iinf.start + FULL_BOX_BYTES + countBytes, end: iinf.end })) {
    const version = bytes[infe.start] ?? 0
    const idBytes = version === 3 ? 4 : 2
    const typeAt = infe.start + FULL_BOX_BYTES + idBytes + 2
    if (infe.type !== "infe" || version < 2 || typeAt + 4 > infe.end) continue
    const idAt = infe.start + FULL_BOX_BYTES
    types.set(idBytes === 4 ? view.getUint32(idAt) : view.getUint16(idAt), ascii(bytes, typeAt, typeAt + 4))
    if (types.size > MAX_ITEMS) throw tooMany(MAX_ITEMS, "items")
  }
  return types
}

/** Properties of one item: numbers of property boxes, counted from 1, and where they are. */
interface Association {
  readonly id: number
  readonly entries: readonly { readonly number: number; readonly place: Span }[]
}

/** The entries of an ipma box (ISO/IEC 23008-12 §9.3). */
function* associationsOf(bytes: Uint8Array, ipma: Box): Generator<Association> {
  const view = viewOf(bytes)
  const idBytes = bytes[ipma.start] === 0 ? 2 : 4
  const isWide = ((bytes[ipma.start + 3] ?? 0) & 1) === 1
  const numberBytes = isWide ? 2 : 1
  // The first bit says whether the property is essential.
  const numberAt = (at: number): number => (isWide ? view.getUint16(at) & 0x7fff : (bytes[at] ?? 0) & 0x7f)
  let at = ipma.start + 8
  for (let left = view.getUint32(ipma.start + 4); left > 0 && at + idBytes + 1 <= ipma.end; left--) {
    const id = idBytes === 4 ? view.getUint32(at) : view.getUint16(at)
    const first = at + idBytes + 1
    at = first + (bytes[at + idBytes] ?? 0) * numberBytes
    if (at > ipma.end) return
    const entries = Array.from({ length: (at - first) / numberBytes }, (_, n) => {
      const start = first + n * numberBytes
      return { number: numberAt(start), place: { start, end: start + numberBytes } }
    })
    yield { id, entries }
  }
}

const readProperties = (bytes: Uint8Array, iprp: Box | undefined): ReadonlyMap<number, readonly HeifProperty[]> => {
  const byItem = new Map<number, HeifProperty[]>()
  const ipco = iprp && findBox(bytes, iprp, "ipco")
  if (!iprp || !ipco) return byItem
  const all = [...boxesOf(bytes, ipco)]
  let total = 0
  for (const ipma of boxesOf(bytes, iprp)) {
    if (ipma.type !== "ipma" || ipma.end - ipma.start < 8) continue
    for (const { id, entries } of associationsOf(bytes, ipma)) {
      // An entry without properties counts as well.
      total += Math.max(1, entries.length)
      if (total > MAX_ASSOCIATIONS) throw tooMany(MAX_ASSOCIATIONS, "properties of items")
      const properties = byItem.get(id) ?? []
      byItem.set(id, properties)
      for (const { number, place } of entries) {
        const property = all[number - 1]
        if (property) properties.push({ ...property, association: place })
      }
    }
  }
  return byItem
}

const readReferences = (bytes: Uint8Array, iref: Box | undefined): readonly HeifReference[] => {
  if (!iref) return []
  const view = viewOf(bytes)
  const idBytes = bytes[iref.start] === 0 ? 2 : 4
  const idAt = (at: number): number => (idBytes === 4 ? view.getUint32(at) : view.getUint16(at))
  const references: HeifReference[] = []
  let total = 0
  for (const { type, start, end } of boxesOf(bytes, { start: iref.start + FULL_BOX_BYTES, end: iref.end })) {
    if (start + idBytes + 2 > end) continue
    const count = view.getUint16(start + idBytes)
    total += count
    if (total > MAX_REFERENCES) throw tooMany(MAX_REFERENCES, "references between items")
    const first = start + idBytes + 2
    const to = Array.from({ length: count }, (_, index) => first + index * idBytes)
    references.push({ type, from: idAt(start), to: to.filter((at) => at + idBytes <= end).map(idAt) })
  }
  return references
}

const readPrimary = (bytes: Uint8Array, pitm: Box | undefined): number | undefined => {
  if (!pitm || pitm.end - pitm.start < 6) return undefined
  const view = viewOf(bytes)
  const idAt = pitm.start + FULL_BOX_BYTES
  return bytes[pitm.start] === 0 || pitm.end - pitm.start < 8 ? view.getUint16(idAt) : view.getUint32(idAt)
}

/** Width and height that a container declares for an item. */
const sizeOf = (bytes: Uint8Array, properties: readonly HeifProperty[]) => {
  const ispe = properties.find(({ type, start, end }) => type === "ispe" && end - start >= 12)
  const view = viewOf(bytes)
  return ispe && { width: view.getUint32(ispe.start + 4), height: view.getUint32(ispe.start + 8) }
}

interface Items {
  readonly bytes: Uint8Array
  readonly item: (id: number) => HeifItem | undefined
  readonly references: readonly HeifReference[]
}

/** A decoder allocates by the stream's dimensions, which may be far larger than those of the container. */
const checkTile = ({ bytes }: Items, { type, properties, data }: HeifItem, limit: number): Av1Sequence | undefined => {
  const sequence = type === "av01" && data ? parseAv1Sequence(bytes, data.start, data.end) : undefined
  if (!sequence) return undefined
  const { maxWidth, maxHeight } = sequence
  const declared = sizeOf(bytes, properties)
  if (declared && (maxWidth > Math.max(declared.width, 64) * 2 || maxHeight > Math.max(declared.height, 64) * 2))
    throw originalTooLarge(
      `an AV1 picture of ${maxWidth} × ${maxHeight}`,
      `the ${declared.width} × ${declared.height} that it declares`,
    )
  if (maxWidth * maxHeight > limit) throw originalTooLarge(`${maxWidth} × ${maxHeight} pixels`, `${limit} pixels`)
  return sequence
}

/** The pictures that are decoded for an item: the item itself, or the cells of a grid. */
const tilesOf = ({ item, references }: Items, picture: HeifItem): readonly HeifItem[] => {
  if (picture.type !== "grid") return [picture]
  const cells = references.filter(({ type, from }) => type === "dimg" && from === picture.id).flatMap(({ to }) => to)
  if (cells.length > MAX_GRID_CELLS) throw tooMany(MAX_GRID_CELLS, "cells in a grid")
  return cells.map(item).filter((cell) => cell !== undefined)
}

/** Checks the tiles of a picture and of its alpha. @returns cells of grids, and the sequence header and properties of the first tile */
const checkPicture = (items: Items, picture: HeifItem, limit: number) => {
  const alpha = items.references.filter(({ type, to }) => type === "auxl" && to.includes(picture.id))
  const pictures = [picture, ...alpha.map(({ from }) => items.item(from)).filter((found) => found !== undefined)]
  let first: { readonly tile: HeifItem | undefined; readonly sequence: Av1Sequence | undefined } | undefined
  const cells: HeifItem[] = []
  for (const each of pictures) {
    const tiles = tilesOf(items, each)
    if (each.type === "grid") cells.push(...tiles)
    const sequences = tiles.map((tile) => checkTile(items, tile, limit))
    const pixels = sequences.reduce((sum, found) => sum + (found ? found.maxWidth * found.maxHeight : 0), 0)
    // Tiles at the right and the lower edge may stick out.
    if (pixels > 2 * limit) throw originalTooLarge(`tiles of ${pixels} pixels in all`, `${limit} pixels`)
    first ??= { tile: each.type === "grid" ? tiles[0] : undefined, sequence: sequences[0] }
  }
  return { ...first, cells }
}

/**
 * Reads the items of a HEIF.
 * @param pixelLimit width × height of one picture, and of the tiles of a grid together
 * @throws {original-too-large} too many items, references or cells, tiles larger than declared, or too much metadata
 */
export const parseHeifHeader = (bytes: Uint8Array, pixelLimit: number): HeifHeader => {
  const top = [...boxesOf(bytes, { start: 0, end: bytes.length })]
  const meta = top.find(({ type }) => type === "meta")
  const inMeta = meta && { start: meta.start + FULL_BOX_BYTES, end: meta.end }
  const find = (type: string): Box | undefined => inMeta && findBox(bytes, inMeta, type)
  const types = readItems(bytes, find("iinf"))
  const properties = readProperties(bytes, find("iprp"))
  const locations = parseItemLocations(bytes, find("iloc"), find("idat"))
  const item = (id: number): HeifItem | undefined => {
    const type = types.get(id)
    return type === undefined ? undefined : { id, type, properties: properties.get(id) ?? [], data: locations.get(id) }
  }
  const references = readReferences(bytes, find("iref"))
  const primaryId = readPrimary(bytes, find("pitm"))
  const primary = primaryId === undefined ? undefined : item(primaryId)
  const first = primary && checkPicture({ bytes, item, references }, primary, pixelLimit)
  const isMetadata = (type: string): boolean => type === "Exif" || type === "mime"
  checkMetadata([...types].reduce((sum, [id, type]) => sum + (isMetadata(type) ? lengthOf(locations.get(id)) : 0), 0))
  return {
    kind: "heif",
    brand: ascii(bytes, 8, 12),
    compatibleBrands: compatibleBrands(bytes),
    primary,
    references,
    sequence: first?.sequence,
    properties: [...(primary?.properties ?? []), ...(first?.tile?.properties ?? [])],
    cells: first?.cells ?? [],
  }
}

const lengthOf = (span: Span | undefined): number => (span ? span.end - span.start : 0)

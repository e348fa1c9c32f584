/** Responsible for hostile AVIFs: tiles larger than they declare, boxes and items without end, references in circles. Source: ISO/IEC 23008-12. */
import sharp from "sharp"

import { ascii, be, type HostileFile, repeat } from "./bytes.ts"

const box = (type: string, ...data: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(data)
  return Buffer.concat([be(4, body.length + 8), ascii(type), body])
}

/** A box with a version and flags. */
const full = (type: string, version: number, ...data: readonly Uint8Array[]): Buffer =>
  box(type, be(1, version), be(3, 0), ...data)

interface Item {
  readonly type: string
  /** Numbers of its properties, counted from 1. */
  readonly properties: readonly number[]
  readonly data: Uint8Array
}

interface Reference {
  readonly type: string
  /** Numbers of items, counted from 1. */
  readonly from: number
  readonly to: readonly number[]
}

interface Content {
  readonly properties: readonly Buffer[]
  readonly items: readonly Item[]
  readonly references?: readonly Reference[]
  /** Further entries of the list of associations, and their number. */
  readonly associations?: readonly [entries: Buffer, count: number]
  readonly moreProperties?: Buffer
}

const FTYP = box("ftyp", ascii("avif"), be(4, 0), ascii("avifmif1miaf"))

/** Where the data of each item begin, if the first one begins at a place. */
const placesOf = (items: readonly Item[], first: number): readonly number[] => {
  let next = first
  return items.map(({ data }) => {
    next += data.length
    return next - data.length
  })
}

const locations = (items: readonly Item[], first: number): Buffer => {
  const places = placesOf(items, first)
  const entries = items.map(({ data }, at) => Buffer.concat([be(2, at + 1, 0, 1), be(4, places[at] ?? 0, data.length)]))
  return full("iloc", 0, be(1, 0x44, 0), be(2, items.length), ...entries)
}

const itemList = (items: readonly Item[]): Buffer => {
  const entries = items.map(({ type }, at) => full("infe", 2, be(2, at + 1, 0), ascii(`${type}\0`)))
  return full("iinf", 0, be(2, items.length), ...entries)
}

const propertyLists = ({ items, properties, associations, moreProperties }: Content): Buffer => {
  const own = items.map((item, at) => Buffer.from([...be(2, at + 1), item.properties.length, ...item.properties]))
  const [entries, count] = associations ?? [Buffer.alloc(0), 0]
  return box(
    "iprp",
    box("ipco", ...properties, moreProperties ?? Buffer.alloc(0)),
    full("ipma", 0, be(4, items.length + count), ...own, entries),
  )
}

const metaOf = (content: Content, first: number, replaced: Readonly<Record<string, Buffer>>): Buffer => {
  const { items, references = [] } = content
  const links = references.map(({ type, from, to }) => box(type, be(2, from, to.length, ...to)))
  return full(
    "meta",
    0,
    full("hdlr", 0, be(4, 0), ascii("pict"), Buffer.alloc(13)),
    full("pitm", 0, be(2, 1)),
    replaced["iloc"] ?? locations(items, first),
    itemList(items),
    propertyLists(content),
    ...(links.length > 0 ? [full("iref", 0, ...links)] : []),
  )
}

const avif = (content: Content, replaced: Readonly<Record<string, Buffer>> = {}): Buffer => {
  const first = FTYP.length + metaOf(content, 0, replaced).length + 8
  return Buffer.concat([FTYP, metaOf(content, first, replaced), box("mdat", ...content.items.map(({ data }) => data))])
}

const ispe = (width: number, height: number): Buffer => full("ispe", 0, be(4, width, height))

interface Stream {
  /** The property that describes it. */
  readonly av1C: Buffer
  readonly data: Buffer
}

const encode = async (side: number): Promise<Stream> => {
  const create = { width: side, height: side, channels: 3, background: "#a33" } as const
  const bytes = await sharp({ create, limitInputPixels: false }).avif({ effort: 0 }).toBuffer()
  const at = bytes.indexOf("av1C") - 4
  return {
    av1C: bytes.subarray(at, at + bytes.readUInt32BE(at)),
    data: bytes.subarray(bytes.indexOf("mdat", bytes.readUInt32BE(0)) + 4),
  }
}

const streams = new Map<number, Promise<Stream>>()

/** A picture of one colour. Each size is encoded once: 8192 pixels take 5 s. */
const streamOf = (side: number): Promise<Stream> => {
  const stream = streams.get(side) ?? encode(side)
  streams.set(side, stream)
  return stream
}

const SMALL = 64
const HUGE = 8192

/** A still picture. @param declared side in the container @param side side in the stream */
const still = async (
  { declared, side }: { readonly declared: number; readonly side: number },
  more: Partial<Content> = {},
  replaced: Readonly<Record<string, Buffer>> = {},
): Promise<Buffer> => {
  const { av1C, data } = await streamOf(side)
  const content: Content = {
    properties: [ispe(declared, declared), av1C],
    items: [{ type: "av01", properties: [1, 2], data }],
    ...more,
  }
  return avif(content, replaced)
}

interface Grid {
  readonly rows: number
  readonly columns: number
  readonly width: number
  readonly height: number
  /** Items of the cells. */
  readonly cells: readonly number[]
  /** Side of the tile in its stream, and the one that it declares. */
  readonly side: number
  readonly declared: number
}

const grid = async ({ rows, columns, width, height, cells, side, declared }: Grid): Promise<Buffer> => {
  const { av1C, data } = await streamOf(side)
  return avif({
    properties: [ispe(width, height), ispe(declared, declared), av1C],
    items: [
      {
        type: "grid",
        properties: [1],
        data: Buffer.concat([be(1, 0, 0, rows - 1, columns - 1), be(2, width, height)]),
      },
      { type: "av01", properties: [2, 3], data },
    ],
    references: [{ type: "dimg", from: 1, to: cells }],
  })
}

const small = (more?: Partial<Content>, replaced?: Readonly<Record<string, Buffer>>): Promise<Buffer> =>
  still({ declared: SMALL, side: SMALL }, more, replaced)

const cells = (count: number, item = 2): readonly number[] => Array.from({ length: count }, () => item)

const manyItems = async (type: string, count: number, bytesOfEach: number): Promise<Buffer> => {
  const { av1C, data } = await streamOf(SMALL)
  const more = Array.from({ length: count }, (): Item => ({ type, properties: [1], data: Buffer.alloc(bytesOfEach) }))
  return avif({ properties: [ispe(SMALL, SMALL), av1C], items: [{ type: "av01", properties: [1, 2], data }, ...more] })
}

/** Two pictures, each of which is the alpha of the other. */
const mutualAlpha = async (): Promise<Buffer> => {
  const { av1C, data } = await streamOf(HUGE)
  const auxC = full("auxC", 0, ascii("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"))
  const item: Item = { type: "av01", properties: [1, 2, 3], data }
  return avif({
    properties: [ispe(HUGE, HUGE), av1C, auxC],
    items: [item, item],
    references: [
      { type: "auxl", from: 2, to: [1] },
      { type: "auxl", from: 1, to: [2] },
    ],
  })
}

const one = { rows: 1, columns: 1, width: SMALL, height: SMALL } as const

export const AVIFS: readonly HostileFile[] = [
  { name: "small-grid-with-a-huge-tile.avif", make: () => grid({ ...one, cells: [2], side: HUGE, declared: SMALL }) },
  {
    name: "grid-of-255-huge-tiles.avif",
    make: () =>
      grid({ rows: 15, columns: 17, width: 9000, height: 9000, cells: cells(255), side: HUGE, declared: HUGE }),
  },
  {
    name: "grid-of-1000-small-tiles.avif",
    make: () =>
      grid({ rows: 250, columns: 4, width: 256, height: 16_000, cells: cells(1000), side: SMALL, declared: SMALL }),
  },
  { name: "grid-of-itself.avif", make: () => grid({ ...one, cells: [1], side: SMALL, declared: SMALL }) },
  { name: "huge-picture-that-declares-64-by-64.avif", make: () => still({ declared: SMALL, side: HUGE }) },
  { name: "small-picture-that-declares-10000-by-10000.avif", make: () => still({ declared: 10_000, side: SMALL }) },
  { name: "67-megapixels.avif", make: () => still({ declared: HUGE, side: HUGE }) },
  { name: "pictures-that-are-alpha-of-each-other.avif", make: mutualAlpha },
  { name: "60000-items.avif", make: () => manyItems("av01", 60_000, 1) },
  { name: "exif-of-90-megabytes.avif", make: () => manyItems("Exif", 9, 10_000_000) },
  {
    name: "5-million-associations.avif",
    make: () => small({ associations: [repeat(Buffer.from([0, 1, 1, 1]), 5_000_000), 5_000_000] }),
  },
  {
    name: "200000-associations-of-all-properties.avif",
    make: () =>
      small({ associations: [repeat(Buffer.from([0, 1, 255, ...Array<number>(255).fill(1)]), 200_000), 200_000] }),
  },
  { name: "10-million-properties.avif", make: () => small({ moreProperties: repeat(box("free"), 10_000_000) }) },
  { name: "10-million-boxes.avif", make: async () => Buffer.concat([await small(), repeat(box("free"), 10_000_000)]) },
  {
    name: "20-million-brands.avif",
    make: async () => {
      const brands = box("ftyp", ascii("avif"), be(4, 0), repeat(ascii("avif"), 20_000_000))
      return Buffer.concat([brands, (await small()).subarray(FTYP.length)])
    },
  },
  {
    name: "9-million-locations.avif",
    make: () =>
      small({}, { iloc: full("iloc", 2, be(1, 0, 0), be(4, 9_000_000), repeat(be(2, 0, 1, 0, 0, 1), 9_000_000)) }),
  },
]

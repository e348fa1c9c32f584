/** Crops by content: focal points, subjects that metadata marks, and the strategies of the image library. */
import sharp from "sharp"
import { describe, expect, it } from "vitest"

import type { FocalPoint } from "../../../src/sizes/focal-point.ts"
import { animated, type Colour, type Orientation, paint, RED } from "../../support/photos.ts"
import { type Decoded, maxDifference } from "../support.ts"
import { decodeNamed } from "./support.ts"

const GREY: Colour = [128, 128, 128]
const SIDE = 40

interface Marked {
  readonly width: number
  readonly height: number
  /** Middle of the red square in upright pixels. */
  readonly x: number
  readonly y: number
  readonly orientation?: Orientation
  readonly format?: "jpeg" | "png" | "webp" | "avif" | "tiff"
}

/** A grey photo with a red square. */
const withSquare = ({ width, height, x, y, orientation = 1, format = "jpeg" }: Marked): Promise<Buffer> =>
  paint({
    width,
    height,
    orientation,
    format,
    colourOf: (column, row) => (Math.abs(column - x) < SIDE / 2 && Math.abs(row - y) < SIDE / 2 ? RED : GREY),
  })

const NAMESPACES =
  'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"'

const packet = (inside: string): string =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${NAMESPACES}>${inside}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

interface Region {
  readonly x: number
  readonly y: number
  readonly w?: number
  readonly h?: number
  readonly type?: string
}

/** As exiftool writes regions: elements. */
const asElements = (width: number, height: number, regions: readonly Region[]): string =>
  packet(
    `<rdf:Description rdf:about=""><mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions rdf:parseType="Resource"><stDim:w>${width}</stDim:w><stDim:h>${height}</stDim:h><stDim:unit>pixel</stDim:unit></mwg-rs:AppliedToDimensions><mwg-rs:RegionList><rdf:Bag>${regions
      .map(
        ({ x, y, w = 0.1, h = 0.1, type = "Face" }) =>
          `<rdf:li rdf:parseType="Resource"><mwg-rs:Area rdf:parseType="Resource"><stArea:x>${x}</stArea:x><stArea:y>${y}</stArea:y><stArea:w>${w}</stArea:w><stArea:h>${h}</stArea:h><stArea:unit>normalized</stArea:unit></mwg-rs:Area><mwg-rs:Type>${type}</mwg-rs:Type></rdf:li>`,
      )
      .join("")}</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions></rdf:Description>`,
  )

/** As Lightroom and digiKam write them: attributes, with other prefixes. */
const asAttributes = (width: number, height: number, regions: readonly Region[]): string =>
  asElements(width, height, [])
    .replace(
      "<rdf:Bag></rdf:Bag>",
      `<rdf:Bag>${regions
        .map(
          ({ x, y, w = 0.1, h = 0.1, type = "Face" }) =>
            `<rdf:li><rdf:Description mwg-rs:Type="${type}"><mwg-rs:Area stArea:x="${x}" stArea:y="${y}" stArea:w="${w}" stArea:h="${h}" stArea:unit="normalized"/></rdf:Description></rdf:li>`,
        )
        .join("")}</rdf:Bag>`,
    )
    .replaceAll("mwg-rs", "r")
    .replaceAll("stArea", "a")

const asMicrosoft = (_width: number, _height: number, [region]: readonly Region[]): string => {
  const { x, y, w = 0.1, h = 0.1 } = region ?? { x: 0, y: 0 }
  return packet(
    `<rdf:Description rdf:about=""><MP:RegionInfo rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="${x - w / 2}, ${y - h / 2}, ${w}, ${h}" MPReg:PersonDisplayName="A"/></rdf:Bag></MPRI:Regions></MP:RegionInfo></rdf:Description>`,
  )
}

/** A JPEG with EXIF of an orientation and a subject area: EXIF 2.32, tags 0x0112 and 0x9214. */
const withSubjectArea = (jpeg: Buffer, orientation: Orientation, area: readonly number[]): Buffer => {
  const tiff = Buffer.alloc(72)
  tiff.write("II*\0", "latin1")
  tiff.writeUInt32LE(8, 4)
  const field = (at: number, tag: number, type: number, count: number, value: number): void => {
    tiff.writeUInt16LE(tag, at)
    tiff.writeUInt16LE(type, at + 2)
    tiff.writeUInt32LE(count, at + 4)
    tiff.writeUInt32LE(value, at + 8)
  }
  tiff.writeUInt16LE(2, 8)
  field(10, 0x01_12, 3, 1, orientation)
  field(22, 0x87_69, 4, 1, 38)
  tiff.writeUInt16LE(1, 38)
  field(40, 0x92_14, 3, area.length, 60)
  for (const [index, value] of area.entries()) tiff.writeUInt16LE(value, 60 + 2 * index)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(2 + 6 + tiff.length)
  const segment = Buffer.concat([Buffer.from([0xff, 0xe1]), length, Buffer.from("Exif\0\0", "latin1"), tiff])
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)])
}

/** Adds a packet without changing pixels much. */
const withXmp = async (photo: Buffer, xmp: string, format: NonNullable<Marked["format"]> = "jpeg"): Promise<Buffer> => {
  const image = sharp(photo).keepExif().withXmp(xmp)
  if (format === "jpeg") return image.jpeg({ quality: 95 }).toBuffer()
  return image.toFormat(format, format === "avif" ? { quality: 80, effort: 0 } : {}).toBuffer()
}

/** Where the middle of the red pixels of a rendition is, in fractions; undefined where there are none. */
const redMiddle = (
  { at, width, height }: Decoded,
  frame = 0,
): { readonly x: number; readonly y: number } | undefined => {
  let [count, sumX, sumY] = [0, 0, 0]
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      if (maxDifference(at(x, y, frame).slice(0, 3), RED) > 40) continue
      count += 1
      sumX += x
      sumY += y
    }
  }
  return count === 0 ? undefined : { x: sumX / count / width, y: sumY / count / height }
}

const expectInMiddle = (
  decoded: Decoded,
  { x = 0.5, y = 0.5 }: { readonly x?: number; readonly y?: number } = {},
): void => {
  const middle = redMiddle(decoded)
  expect(middle?.x).toBeCloseTo(x, 1)
  expect(middle?.y).toBeCloseTo(y, 1)
}

/** From a place of the upright picture to that of the stored one: EXIF 2.32, tag 0x0112. */
const STORED: Readonly<Record<Orientation, (x: number, y: number) => readonly [number, number]>> = {
  1: (x, y) => [x, y],
  2: (x, y) => [1 - x, y],
  3: (x, y) => [1 - x, 1 - y],
  4: (x, y) => [x, 1 - y],
  5: (x, y) => [y, x],
  6: (x, y) => [y, 1 - x],
  7: (x, y) => [1 - y, 1 - x],
  8: (x, y) => [1 - y, x],
}

describe("focal points", () => {
  it.each<[FocalPoint, number, number]>([
    [[0.05, 0.5], 0.2, 0.5],
    [[0.95, 0.5], 0.8, 0.5],
    [[0.5, 0.5], 0.5, 0.5],
    [[0.3, 0.5], 0.5, 0.5],
  ])("a crop of a panorama of 10:1 keeps the focal point %j", async (focalPoint, x, y) => {
    const original = await withSquare({ width: 1200, height: 120, x: 1200 * focalPoint[0], y: 60 })
    const decoded = await decodeNamed(original, { size: "120x120", gravity: "smart" }, { focalPoint })
    expect(redMiddle(decoded)?.x).toBeGreaterThan(x - 0.35)
    expect(redMiddle(decoded)?.x).toBeLessThan(x + 0.35)
    expect(redMiddle(decoded)?.y).toBeCloseTo(y, 1)
  })

  it.each<FocalPoint>([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])("a crop around the corner %j stays inside the photo and shows the corner", async (...focalPoint) => {
    const [x, y] = focalPoint
    for (const size of ["100x300", "300x100", "100x100"]) {
      const original = await withSquare({ width: 600, height: 400, x: 600 * x, y: 400 * y })
      const decoded = await decodeNamed(original, { size, gravity: "smart" }, { focalPoint: [x, y] })
      expect(`${decoded.width}x${decoded.height}`).toBe(size)
      expect(maxDifference(decoded.around(x === 0 ? 0.02 : 0.98, y === 0 ? 0.02 : 0.98), RED)).toBeLessThan(40)
    }
  })

  it("a focal point is measured in the upright photo", async () => {
    for (const orientation of [1, 3, 6, 8] as const) {
      const original = await withSquare({ width: 600, height: 300, x: 120, y: 150, orientation })
      expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }, { focalPoint: [0.2, 0.5] }))
    }
  })

  it("a focal point is used after trim and in turned sizes", async () => {
    const inside = await withSquare({ width: 400, height: 200, x: 300, y: 100, format: "png" })
    const original = await sharp(inside)
      .extend({ left: 200, top: 50, right: 0, bottom: 0, background: "#fff" })
      .png()
      .toBuffer()
    const focalPoint = [500 / 600, 150 / 250] as const
    expectInMiddle(await decodeNamed(original, { size: "100x200", gravity: "smart", trim: true }, { focalPoint }))
    const turned = await decodeNamed(
      original,
      { size: "200x100", gravity: "smart", trim: true, rotate: 90 },
      { focalPoint },
    )
    expectInMiddle(turned)
  })

  it("a photo smaller than its box is cropped around the focal point, and not enlarged", async () => {
    const original = await withSquare({ width: 300, height: 100, x: 250, y: 50 })
    const decoded = await decodeNamed(original, { size: "600x600", gravity: "smart" }, { focalPoint: [250 / 300, 0.5] })
    expect([decoded.width, decoded.height]).toEqual([100, 100])
    expect(redMiddle(decoded)).toBeDefined()
  })
})

describe("subjects that metadata marks", () => {
  const photo = { width: 600, height: 300, x: 480, y: 150 } as const
  const face = { x: 0.8, y: 0.5 } as const

  it.each([
    ["elements", asElements],
    ["attributes", asAttributes],
    ["Microsoft's regions", asMicrosoft],
  ] as const)("a face is found in XMP with %s", async (_, write) => {
    const original = await withXmp(await withSquare(photo), write(600, 300, [face]))
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }))
  })

  it.each(["jpeg", "png", "webp", "avif", "tiff"] as const)("a face is found in the XMP of a %s", async (format) => {
    const original = await withXmp(await withSquare({ ...photo, format }), asElements(600, 300, [face]), format)
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }, { format: "png" }))
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8] as const)("a face of a photo with orientation %i is found", async (orientation) => {
    const isTurned = orientation >= 5
    const [x, y] = STORED[orientation](face.x, face.y)
    const [width, height] = isTurned ? [300, 600] : [600, 300]
    const stored = await withSquare({ ...photo, orientation })
    const original = await withXmp(stored, asElements(width, height, [{ x, y }]))
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }))
  })

  it("a face that was marked in the upright photo is found", async () => {
    const stored = await withSquare({ ...photo, orientation: 6 })
    const original = await withXmp(stored, asElements(600, 300, [face]))
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }))
  })

  it("faces come before other subjects, and codes are none", async () => {
    const regions = [{ x: 0.1, y: 0.5, w: 0.3, h: 0.9, type: "Focus" }, { x: 0.2, y: 0.5, type: "BarCode" }, face]
    const original = await withXmp(await withSquare(photo), asElements(600, 300, regions))
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }))
  })

  it("a crop holds all faces, or the largest where it cannot", async () => {
    const regions = [
      { x: 0.72, y: 0.5 },
      { x: 0.88, y: 0.5 },
    ]
    const all = await withXmp(await withSquare(photo), asElements(600, 300, regions))
    expectInMiddle(await decodeNamed(all, { size: "200x300", gravity: "smart" }))
    const apart = [
      { x: 0.05, y: 0.5, w: 0.05, h: 0.05 },
      { ...face, w: 0.15, h: 0.3 },
    ]
    const largest = await withXmp(await withSquare(photo), asElements(600, 300, apart))
    expectInMiddle(await decodeNamed(largest, { size: "150x300", gravity: "smart" }))
  })

  it("regions of a photo that was cropped since are ignored", async () => {
    const original = await withXmp(await withSquare({ ...photo, x: 120 }), asElements(900, 300, [face]))
    const decoded = await decodeNamed(original, { size: "150x300", gravity: "smart" })
    // The strategy finds the only thing in the photo.
    expect(redMiddle(decoded)).toBeDefined()
  })

  it("EXIF names the subject by an area, in stored pixels", async () => {
    for (const orientation of [1, 6] as const) {
      const [x, y] = STORED[orientation](face.x, face.y)
      const [width, height] = orientation === 6 ? [300, 600] : [600, 300]
      const stored = await withSquare({ ...photo, orientation })
      const jpeg = await sharp(stored).jpeg({ quality: 95 }).toBuffer()
      const original = withSubjectArea(jpeg, orientation, [Math.round(x * width), Math.round(y * height), 60, 60])
      expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }))
    }
  })

  it("a focal point comes before metadata", async () => {
    const original = await withXmp(await withSquare(photo), asElements(600, 300, [{ x: 0.1, y: 0.5 }]))
    expectInMiddle(await decodeNamed(original, { size: "150x300", gravity: "smart" }, { focalPoint: [0.8, 0.5] }))
  })

  it.each(["<", "<a>", `<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>`, "x".repeat(2_000_000)])(
    "a hostile packet is ignored (case %#)",
    async (xmp) => {
      const original = await withXmp(await withSquare(photo), xmp)
      const decoded = await decodeNamed(original, { size: "150x300", gravity: "smart" })
      expect([decoded.width, decoded.height]).toEqual([150, 300])
    },
  )
})

describe("strategies", () => {
  it.each(["attention", "entropy", "smart"] as const)("%s finds the only thing in a photo", async (gravity) => {
    for (const x of [40, 300, 560]) {
      const original = await withSquare({ width: 600, height: 300, x, y: 150 })
      const decoded = await decodeNamed(original, { size: "150x300", gravity })
      expect([decoded.width, decoded.height]).toEqual([150, 300])
      expect(redMiddle(decoded)).toBeDefined()
    }
  })

  it.each(["attention", "entropy", "smart"] as const)("%s crops all frames of an animation alike", async (gravity) => {
    const decoded = await decodeNamed(
      await animated({ width: 200, height: 100 }),
      { size: "50x100", gravity },
      { format: "webp" },
    )
    expect([decoded.width, decoded.height, decoded.frames]).toEqual([50, 100, 3])
  })
})

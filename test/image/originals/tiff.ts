/** TIFFs written field by field (TIFF 6.0), uncompressed, in one strip. */

/** Type numbers of fields (TIFF 6.0 §2). */
const TYPES = { byte: 1, short: 3, long: 4, rational: 5, undefined: 7 } as const

export interface TiffField {
  readonly tag: number
  readonly type: keyof typeof TYPES
  readonly values: readonly number[]
}

export interface TiffPage {
  readonly width: number
  readonly height: number
  /** Samples of a pixel, extra ones included. */
  readonly samples: number
  /** @default 8 */
  readonly bits?: number
  /** PhotometricInterpretation. @default 2 */
  readonly photometric?: number
  /** Samples of one pixel, as whole numbers of the bits. */
  readonly at: (x: number, y: number) => readonly number[]
  /** Fields besides those of a baseline TIFF, or instead of them. */
  readonly fields?: readonly TiffField[]
  readonly profile?: Buffer
}

export interface TiffOptions {
  /** Byte order: "II" is little-endian. @default "II" */
  readonly order?: "II" | "MM"
}

type Write = (value: number, byteLength: 1 | 2 | 4) => Buffer

const writerOf =
  (order: "II" | "MM"): Write =>
  (value, byteLength) => {
    const bytes = Buffer.alloc(byteLength)
    if (order === "II") bytes.writeUIntLE(value, 0, byteLength)
    else bytes.writeUIntBE(value, 0, byteLength)
    return bytes
  }

const RATIONAL_UNIT = 10_000

const valuesOf = ({ type, values }: TiffField, write: Write): Buffer => {
  if (type === "byte" || type === "undefined") return Buffer.from(values)
  if (type === "short") return Buffer.concat(values.map((value) => write(value, 2)))
  if (type === "long") return Buffer.concat(values.map((value) => write(value, 4)))
  return Buffer.concat(
    values.flatMap((value) => [write(Math.round(value * RATIONAL_UNIT), 4), write(RATIONAL_UNIT, 4)]),
  )
}

const pixelsOf = ({ width, height, bits = 8, at }: TiffPage, write: Write): Buffer => {
  const parts: Buffer[] = []
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const sample of at(x, y)) parts.push(write(sample, bits === 8 ? 1 : bits === 16 ? 2 : 4))
  return Buffer.concat(parts)
}

const fieldsOf = (page: TiffPage, pixelBytes: number): TiffField[] => {
  const { width, height, samples, bits = 8, photometric = 2, fields = [], profile } = page
  const baseline: readonly TiffField[] = [
    { tag: 256, type: "long", values: [width] },
    { tag: 257, type: "long", values: [height] },
    { tag: 258, type: "short", values: Array.from({ length: samples }, () => bits) },
    { tag: 259, type: "short", values: [1] },
    { tag: 262, type: "short", values: [photometric] },
    { tag: 273, type: "long", values: [0] },
    { tag: 277, type: "short", values: [samples] },
    { tag: 278, type: "long", values: [height] },
    { tag: 279, type: "long", values: [pixelBytes] },
    ...(profile ? [{ tag: 34_675, type: "undefined", values: [...profile] } as const] : []),
  ]
  const replaced = new Set(fields.map(({ tag }) => tag))
  return [...baseline.filter(({ tag }) => !replaced.has(tag)), ...fields].toSorted((a, b) => a.tag - b.tag)
}

/** A directory with its values and pixels. @param offset where it will be */
const directoryOf = (page: TiffPage, offset: number, isLast: boolean, write: Write): Buffer => {
  const pixels = pixelsOf(page, write)
  const fields = fieldsOf(page, pixels.length)
  const headBytes = 2 + 12 * fields.length + 4
  const bodies: Buffer[] = []
  let end = offset + headBytes
  const place = (body: Buffer): number => {
    const at = end
    bodies.push(body, Buffer.alloc(body.length & 1))
    end += body.length + (body.length & 1)
    return at
  }
  const values = fields.map((field) => valuesOf(field, write))
  const places = values.map((value) => (value.length > 4 ? place(value) : undefined))
  const pixelsAt = place(pixels)
  const entries = fields.map(({ tag, type, values: { length } }, index) => {
    const at = places[index]
    const inline = Buffer.concat([values[index] ?? Buffer.alloc(0), Buffer.alloc(4)]).subarray(0, 4)
    const value = tag === 273 ? write(pixelsAt, 4) : at === undefined ? inline : write(at, 4)
    return Buffer.concat([write(tag, 2), write(TYPES[type], 2), write(length, 4), value])
  })
  return Buffer.concat([write(fields.length, 2), ...entries, write(isLast ? 0 : end, 4), ...bodies])
}

/** A TIFF of one or more pages. */
export const tiffOf = (pages: readonly TiffPage[], { order = "II" }: TiffOptions = {}): Buffer => {
  const write = writerOf(order)
  const parts: Buffer[] = [Buffer.concat([Buffer.from(order, "latin1"), write(42, 2), write(8, 4)])]
  let offset = 8
  for (const [at, page] of pages.entries()) {
    const directory = directoryOf(page, offset, at === pages.length - 1, write)
    parts.push(directory)
    offset += directory.length
  }
  return Buffer.concat(parts)
}

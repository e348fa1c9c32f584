/**
 * HEIC and JPEG XL: pixels, orientation, alpha, profile and metadata by the optional decoders, their limits and failures, and the message where
 * there is no decoder.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

import sharp from "sharp"
import { beforeAll, describe, expect, it } from "vitest"

import { foreignUnsupported } from "../../src/render/optional/decoders.ts"
import { readJxlHeader } from "../../src/render/optional/jxl-header.ts"
import { foreignKindOf } from "../../src/render/optional/open-foreign.ts"
import { createRenderer } from "../../src/render/render.ts"
import { HEIC } from "../fixtures/heic.ts"
import { BLUE, GREEN, quadrants, RED, YELLOW } from "../support/photos.ts"
import { infoFor } from "./sizes/support.ts"
import { decode, type Decoded, LIMITS, maxDifference, rejection, rendition } from "./support.ts"

const require = createRequire(import.meta.url)

const isInstalled = (name: string): boolean => {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}

/**
 * The decoders are optional, and a checkout has none. test/tools has them: NODE_PATH=test/tools/node_modules npx vitest run
 * test/image/foreign.test.ts, as .ci/run does.
 */
const hasDecoders = isInstalled("libheif-js/wasm-bundle") && isInstalled("@jsquash/jxl")

const expectQuadrants = ({ around }: Decoded, tolerance = 24): void => {
  expect(maxDifference(around(0.15, 0.15), RED)).toBeLessThan(tolerance)
  expect(maxDifference(around(0.85, 0.15), GREEN)).toBeLessThan(tolerance)
  expect(maxDifference(around(0.15, 0.85), BLUE)).toBeLessThan(tolerance)
  expect(maxDifference(around(0.85, 0.85), YELLOW)).toBeLessThan(tolerance)
}

const heic = (name: keyof typeof HEIC): Buffer => Buffer.from(HEIC[name], "base64")

describe.skipIf(!hasDecoders)("HEIC", () => {
  it("a photo is decoded, in every format and size", async () => {
    for (const requested of [undefined, "webp", "avif"] as const) {
      const rendered = await rendition(heic("photo"), { size: "60w", requested })
      expect(rendered.original).toMatchObject({ decoder: "heic", dimensions: { width: 120, height: 80 } })
      expect(rendered.format).toBe(requested ?? "jpeg")
      expectQuadrants(await decode(rendered.bytes))
    }
  })

  it("a photo that is stored on its side is upright, once", async () => {
    const rendered = await rendition(heic("turned"), { size: "80w" })
    expect(rendered.original.dimensions).toEqual({ width: 120, height: 80 })
    expectQuadrants(await decode(rendered.bytes))
  })

  it("alpha is kept", async () => {
    const { around } = await decode((await rendition(heic("clear"), { size: "60w", requested: "png" })).bytes)
    expect(around(0.2, 0.5)[3]).toBeGreaterThan(240)
    expect(around(0.8, 0.5)[3]).toBeLessThan(15)
  })

  it("colours of a Display P3 profile are converted", async () => {
    const { around } = await decode((await rendition(heic("p3"), { size: "32w", requested: "png" })).bytes)
    // Display P3 (200, 120, 40) in sRGB.
    expect(maxDifference(around(0.5, 0.5), [213, 115, 0])).toBeLessThan(12)
  })

  it("a truncated file is corrupt, not partly grey", async () => {
    const whole = heic("photo")
    for (const length of [whole.length - 1, whole.length - 100]) {
      const error = await rejection(whole.subarray(0, length), { size: "60w" })
      expect(error?.code).toBe("corrupt-original")
    }
  })

  it("the pixel limit is checked before pixels are decoded", async () => {
    expect(await rejection(heic("photo"), { limits: { pixels: 9000 } })).toMatchObject({ code: "original-too-large" })
  })

  it("mutated files never end the process", async () => {
    const whole = heic("photo")
    const outcomes = new Set<string>()
    for (let at = 0; at < whole.length; at += 7) {
      const mutated = Buffer.from(whole)
      mutated[at] = (mutated[at] ?? 0) ^ 0xff
      outcomes.add((await rejection(mutated, { size: "20w" }))?.code ?? "image")
    }
    expect([...outcomes].filter((code) => !/^(?:image|corrupt|unsupported|original-too)/.test(code))).toEqual([])
  })

  it("info names the format", async () => {
    expect(await infoFor(heic("photo"), { size: "60w" })).toMatchObject({ format: "heic", width: 120, height: 80 })
  })
})

/** Encodes with the package that the decoder comes from. */
const encodeJxl = async (image: Buffer, options: object = {}): Promise<Buffer> => {
  const entry = require.resolve("@jsquash/jxl/encode.js")
  const { default: encode, init } = (await import(entry)) as {
    readonly default: (image: object, options: object) => Promise<ArrayBuffer>
    readonly init: (module: object) => Promise<unknown>
  }
  const { WebAssembly: wasm } = globalThis as unknown as { WebAssembly: { Module: new (bytes: Uint8Array) => object } }
  await init(new wasm.Module(readFileSync(join(dirname(entry), "codec", "enc", "jxl_enc.wasm"))))
  const { data, info } = await sharp(image).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  const pixels = { data: new Uint8ClampedArray(data), width: info.width, height: info.height }
  return Buffer.from(await encode(pixels, options))
}

describe.skipIf(!hasDecoders)("JPEG XL", () => {
  let photo: Buffer
  beforeAll(async () => {
    photo = await encodeJxl(await quadrants({ width: 120, height: 80, format: "png" }), { quality: 90 })
  })

  it("a photo is decoded, and its opaque alpha dropped", async () => {
    const rendered = await rendition(photo, { size: "60w" })
    expect(rendered.original).toMatchObject({ decoder: "jxl", dimensions: { width: 120, height: 80 } })
    // A JPEG of flat areas is heavier than such an original.
    expect(await sharp(rendered.bytes).metadata()).toMatchObject({ format: "png", hasAlpha: false })
    expectQuadrants(await decode(rendered.bytes))
  })

  it("dimensions are read from the header, for every ratio and size class", async () => {
    for (const [width, height] of [
      [1, 1],
      [8, 8],
      [16, 8],
      [256, 128],
      [300, 200],
      [301, 200],
      [160, 90],
      [7, 600],
      [1000, 2],
    ] as const) {
      const file = await encodeJxl(await quadrants({ width, height, format: "png" }), { effort: 1 })
      expect(readJxlHeader(file)).toMatchObject({ width, height })
    }
  })

  it("a truncated file is corrupt", async () => {
    expect((await rejection(photo.subarray(0, photo.length - 40), { size: "60w" }))?.code).toBe("corrupt-original")
  })

  it("the pixel limit is checked before pixels are decoded", async () => {
    expect(await rejection(photo, { limits: { pixels: 9000 } })).toMatchObject({ code: "original-too-large" })
  })
})

describe("foreignKindOf", () => {
  const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1")

  it.each([
    ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"],
    ["\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"],
    ["\0\0\0\x1cftypmif1\0\0\0\0mif1heicavif", undefined],
    ["\0\0\0\x18ftypavif\0\0\0\0mif1avif", undefined],
    ["\xff\x0a\xfa\x7f\x01\x90\x08\x06\0\0\0\0", "jxl"],
    ["\0\0\0\x0cJXL \r\n\x87\n", "jxl"],
    ["\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0", undefined],
    ["", undefined],
  ])("foreignKindOf %j is %s", (text, kind) => {
    expect(foreignKindOf(latin1(text))).toBe(kind)
  })
})

describe("without a decoder", () => {
  it.each([
    ["heic", "HEIC (HEVC)", "libheif-js"],
    ["jxl", "JPEG XL", "@jsquash/jxl"],
  ] as const)("the error for %s names both remedies", (kind, name, packageName) => {
    const error = foreignUnsupported(kind, false) as Error & { readonly detail: string; readonly hint: string }
    expect(error.detail).toContain(name)
    expect(error.hint).toMatch(/Convert it to JPEG/)
    expect(error.hint).toContain(`install the package ${packageName} beside imgtailor`)
  })

  it("a file without a picture is not supported", async () => {
    const session = createRenderer(LIMITS).open(Buffer.from("\0\0\0\x18ftyphevc\0\0\0\0mif1hevc", "latin1"))
    await expect(session).rejects.toMatchObject({ code: "unsupported-original" })
  })
})

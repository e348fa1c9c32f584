/**
 * Responsible for finding a decoder of HEIC and JPEG XL: the image library itself, where its build can decode them, or else an optional
 * package. Which of them is there is found out once in each process, by decoding a tiny sample.
 */
import { createRequire } from "node:module"

import type { Sharp } from "sharp"

import { unsupportedOriginal } from "../../errors.ts"
import { CONVERT } from "../failures.ts"
import { allowLoaders, loadSharp, type MakeImage } from "../sharp.ts"
import type { ForeignDecoder, ForeignKind, ForeignPixels } from "./foreign.ts"
import { decodeHeic, readHeicHeader } from "./heic.ts"
import { readJxlHeader } from "./jxl-header.ts"
import { decodeJxl } from "./jxl.ts"

interface Kind {
  /** For messages. */
  readonly name: string
  readonly package: string
  /** A picture of few pixels, base64. */
  readonly sample: string
  /** Decoders of the image library beside those that are always allowed. */
  readonly loaders: readonly string[]
  readonly decoder: ForeignDecoder
}

const KINDS: Readonly<Record<ForeignKind, Kind>> = {
  heic: {
    name: "HEIC (HEVC)",
    package: "libheif-js",
    sample:
      "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAACoAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAMm1kYXQAAAAmKAGvGSFeQkDvXaW//zVj/mjl/e1t8pkoppcE14iZCwOBgI2RnTg=",
    loaders: [],
    decoder: { readHeader: readHeicHeader, decode: decodeHeic },
  },
  jxl: {
    name: "JPEG XL",
    package: "@jsquash/jxl",
    sample: "/woAEBBQXAgIAgEAOABLGIsVwkna5QH2oMbRAA==",
    loaders: ["VipsForeignLoadJxl"],
    decoder: {
      readHeader: (bytes) => {
        const header = readJxlHeader(bytes)
        return header && { ...header, hasAlpha: true }
      },
      decode: decodeJxl,
    },
  },
}

const open = (makeImage: MakeImage, bytes: Uint8Array): Sharp =>
  makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: 1 })

/** The decoder of the image library, as one of these. */
const nativeDecoder = (makeImage: MakeImage): ForeignDecoder => ({
  readHeader: async (bytes) => {
    const { autoOrient, hasAlpha, exif, xmp } = await open(makeImage, bytes).metadata()
    return { width: autoOrient.width, height: autoOrient.height, hasAlpha, exif, xmp }
  },
  decode: async (bytes): Promise<ForeignPixels> => {
    const { icc: profile } = await open(makeImage, bytes).metadata()
    // The profile is applied later, as with any other original.
    const image = makeImage(bytes, { failOn: "error", limitInputPixels: false, pages: 1, ignoreIcc: true })
    const { data, info } = await image
      .autoOrient()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true })
    return { data, width: info.width, height: info.height, hasAlpha: info.channels === 4, profile }
  },
})

/** Tries a sample. */
const canDecode = async (makeImage: MakeImage, sample: string): Promise<boolean> => {
  try {
    const { info } = await open(makeImage, Buffer.from(sample, "base64")).raw().toBuffer({ resolveWithObject: true })
    return info.width > 0
  } catch {
    return false
  }
}

const isInstalled = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

const find = async ({ sample, loaders, decoder, package: name }: Kind): Promise<ForeignDecoder | undefined> => {
  const makeImage = await loadSharp()
  await allowLoaders(loaders)
  if (await canDecode(makeImage, sample)) return nativeDecoder(makeImage)
  return isInstalled(name) ? decoder : undefined
}

const found = new Map<ForeignKind, Promise<ForeignDecoder | undefined>>()

/** The error for a kind that cannot be decoded here, or a file of it without a picture. */
export const foreignUnsupported = (kind: ForeignKind, hasDecoder: boolean): Error => {
  const { name, package: packageName } = KINDS[kind]
  const install = `Or install the package ${packageName} beside imgtailor, which then decodes ${name}.`
  return unsupportedOriginal(name, hasDecoder ? CONVERT : `${CONVERT} ${install}`)
}

/** The decoder of a kind. @throws {unsupported-original} with both remedies if there is none */
export const findDecoder = async (kind: ForeignKind): Promise<ForeignDecoder> => {
  const finding = found.get(kind) ?? find(KINDS[kind])
  found.set(kind, finding)
  const decoder = await finding
  if (!decoder) throw foreignUnsupported(kind, false)
  return decoder
}

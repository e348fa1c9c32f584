/**
 * Responsible for HEIC: its header and its pixels, by the optional package `libheif-js`.
 *
 * Invariants:
 * - A file whose data are not complete is an error: the library would leave out tiles otherwise.
 * - The number of pixels is limited before any is decoded.
 * - The profile and the metadata are kept. The picture is upright: EXIF orientation must not be applied again.
 */
/* oxlint-disable no-underscore-dangle -- names of C functions */
import { corruptOriginal, originalTooLarge } from "../../errors.ts"
import type { ForeignHeader, ForeignPixels } from "./foreign.ts"
import { type HeifMemory, withHeif } from "./heif-library.ts"

/** heif_colorspace_RGB */
const RGB = 1
/** heif_chroma_interleaved_RGB and _RGBA */
const INTERLEAVED = { rgb: 10, rgba: 11 }
/** heif_channel_interleaved */
const ALL_CHANNELS = 10
/** Offset of `strict_decoding` in struct heif_decoding_options. */
const STRICT_OFFSET = 21
/** Offset of `max_image_size_pixels` in struct heif_security_limits. */
const MAX_PIXELS_OFFSET = 8

const MAX_PROFILE_BYTES = 10_000_000
const MAX_METADATA_BYTES = 1_000_000
const MAX_BLOCKS = 20
/** In front of EXIF: the offset of the TIFF header, 32 bits. */
const EXIF_PREFIX = 4

interface OpenPicture {
  readonly memory: HeifMemory
  readonly error: number
  readonly handle: number
}

/** heif_suberror_End_of_data */
const END_OF_DATA = 100

/** Errors of the library; true for those of a file with fewer bytes than its structure says. */
const heifErrors = new WeakMap<Error, boolean>()

/** @throws an error of the library if the structure at a pointer is one */
const check = ({ memory, error }: Pick<OpenPicture, "memory" | "error">): void => {
  const code = memory.readUint32(error)
  if (code === 0) return
  const subcode = memory.readUint32(error + 4)
  const found = new Error(`libheif ${code}.${subcode}: ${memory.readText(memory.readUint32(error + 8))}`)
  heifErrors.set(found, subcode === END_OF_DATA)
  throw found
}

const withPicture = <T>(bytes: Uint8Array, maxPixels: number, work: (picture: OpenPicture) => T): T =>
  withHeif((memory) => {
    const { library } = memory
    const file = memory.allocate(bytes.length)
    library.HEAPU8.set(bytes, file)
    const error = memory.allocate(16)
    const output = memory.allocate(4)
    const context = library._heif_context_alloc()
    let handle = 0
    try {
      memory.writeUint64(library._heif_context_get_security_limits(context) + MAX_PIXELS_OFFSET, maxPixels)
      library._heif_context_read_from_memory_without_copy(error, context, file, bytes.length, 0)
      check({ memory, error })
      library._heif_context_get_primary_image_handle(error, context, output)
      check({ memory, error })
      handle = memory.readUint32(output)
      return work({ memory, error, handle })
    } finally {
      if (handle !== 0) library._heif_image_handle_release(handle)
      library._heif_context_free(context)
    }
  })

const headerOf = ({ memory: { library }, handle }: OpenPicture): Omit<ForeignHeader, "exif" | "xmp"> => ({
  width: library._heif_image_handle_get_width(handle),
  height: library._heif_image_handle_get_height(handle),
  hasAlpha: library._heif_image_handle_has_alpha_channel(handle) !== 0,
})

const profileOf = ({ memory, error, handle }: OpenPicture): Uint8Array | undefined => {
  const { library } = memory
  const byteLength = library._heif_image_handle_get_raw_color_profile_size(handle)
  if (byteLength === 0 || byteLength > MAX_PROFILE_BYTES) return undefined
  const output = memory.allocate(byteLength)
  library._heif_image_handle_get_raw_color_profile(error, handle, output)
  check({ memory, error })
  return memory.copy(output, byteLength)
}

/** Offsets in struct heif_color_profile_nclx. */
const PRIMARIES_OFFSET = 4
const TRANSFER_OFFSET = 8

const nclxOf = ({ memory, error, handle }: OpenPicture): ForeignPixels["nclx"] => {
  const { library } = memory
  const output = memory.allocate(4)
  library._heif_image_handle_get_nclx_color_profile(error, handle, output)
  if (memory.readUint32(error) !== 0) return undefined
  const profile = memory.readUint32(output)
  const nclx = {
    primaries: memory.readUint32(profile + PRIMARIES_OFFSET),
    transfer: memory.readUint32(profile + TRANSFER_OFFSET),
  }
  library._heif_nclx_color_profile_free(profile)
  return nclx
}

/** The blocks with EXIF and XMP. */
const metadataOf = ({ memory, error, handle }: OpenPicture): Pick<ForeignHeader, "exif" | "xmp"> => {
  const { library } = memory
  const count = Math.min(MAX_BLOCKS, library._heif_image_handle_get_number_of_metadata_blocks(handle, 0))
  const ids = memory.allocate(4 * MAX_BLOCKS)
  library._heif_image_handle_get_list_of_metadata_block_IDs(handle, 0, ids, count)
  const found: { exif?: Uint8Array; xmp?: Uint8Array } = {}
  for (let at = 0; at < count; at++) {
    const id = memory.readUint32(ids + 4 * at)
    const byteLength = library._heif_image_handle_get_metadata_size(handle, id)
    if (byteLength === 0 || byteLength > MAX_METADATA_BYTES) continue
    const isExif = memory.readText(library._heif_image_handle_get_metadata_type(handle, id)) === "Exif"
    const contentType = memory.readText(library._heif_image_handle_get_metadata_content_type(handle, id))
    if (!isExif && contentType !== "application/rdf+xml") continue
    const output = memory.allocate(byteLength)
    library._heif_image_handle_get_metadata(error, handle, id, output)
    if (memory.readUint32(error) !== 0) continue
    const bytes = memory.copy(output, byteLength)
    if (isExif) found.exif = bytes.subarray(EXIF_PREFIX)
    else found.xmp = bytes
  }
  return found
}

const pixelsOf = ({ memory, error, handle }: OpenPicture, hasAlpha: boolean): Omit<ForeignPixels, "hasAlpha"> => {
  const { library } = memory
  const options = library._heif_decoding_options_alloc()
  const output = memory.allocate(4)
  let image = 0
  try {
    library.HEAPU8[options + STRICT_OFFSET] = 1
    library._heif_decode_image(error, handle, output, RGB, INTERLEAVED[hasAlpha ? "rgba" : "rgb"], options)
    check({ memory, error })
    image = memory.readUint32(output)
    const width = library._heif_image_get_width(image, ALL_CHANNELS)
    const height = library._heif_image_get_height(image, ALL_CHANNELS)
    const plane = library._heif_image_get_plane_readonly(image, ALL_CHANNELS, output)
    const stride = memory.readUint32(output)
    const rowLength = width * (hasAlpha ? 4 : 3)
    const data = new Uint8Array(rowLength * height)
    for (let row = 0; row < height; row++)
      data.set(library.HEAPU8.subarray(plane + row * stride, plane + row * stride + rowLength), row * rowLength)
    return { data, width, height }
  } finally {
    if (image !== 0) library._heif_image_release(image)
    library._heif_decoding_options_free(options)
  }
}

/** @throws {corrupt-original} the file is truncated @returns undefined for a file without a picture */
export const readHeicHeader = (bytes: Uint8Array, maxPixels: number): ForeignHeader | undefined => {
  try {
    return withPicture(bytes, maxPixels, (picture) => ({ ...headerOf(picture), ...metadataOf(picture) }))
  } catch (error) {
    if (error instanceof Error && heifErrors.get(error) === false) return undefined
    throw corruptOriginal(error)
  }
}

/** @throws {corrupt-original} @throws {original-too-large} */
export const decodeHeic = (bytes: Uint8Array, maxPixels: number): ForeignPixels => {
  try {
    return withPicture(bytes, maxPixels, (picture) => {
      const { width, height, hasAlpha } = headerOf(picture)
      if (width * height > maxPixels) throw originalTooLarge(`${width} × ${height} pixels`, `${maxPixels} pixels`)
      const profile = profileOf(picture)
      return {
        ...pixelsOf(picture, hasAlpha),
        hasAlpha,
        profile,
        ...(profile === undefined && { nclx: nclxOf(picture) }),
      }
    })
  } catch (error) {
    throw error instanceof Error && heifErrors.has(error) ? corruptOriginal(error) : error
  }
}

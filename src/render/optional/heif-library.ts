/**
 * Responsible for the parts of libheif's C interface that decoding needs, on the WebAssembly build in the optional package `libheif-js`. Its
 * own classes give no profile and no metadata, and accept truncated files.
 *
 * Source: libheif's heif.h. Structures are returned through a pointer that is the first argument.
 */
/* oxlint-disable no-underscore-dangle -- names of C functions */
import { createRequire } from "node:module"

/** The module. Pointers are numbers; memory may move with every call that allocates, so it is read through `HEAPU8` each time. */
interface HeifModule {
  readonly HEAPU8: Uint8Array
  readonly _malloc: (byteLength: number) => number
  readonly _free: (pointer: number) => void
  readonly _heif_context_alloc: () => number
  readonly _heif_context_free: (context: number) => void
  readonly _heif_context_get_security_limits: (context: number) => number
  readonly _heif_context_read_from_memory_without_copy: (
    error: number,
    context: number,
    bytes: number,
    byteLength: number,
    options: number,
  ) => void
  readonly _heif_context_get_primary_image_handle: (error: number, context: number, handle: number) => void
  readonly _heif_image_handle_release: (handle: number) => void
  readonly _heif_image_handle_get_width: (handle: number) => number
  readonly _heif_image_handle_get_height: (handle: number) => number
  readonly _heif_image_handle_has_alpha_channel: (handle: number) => number
  readonly _heif_image_handle_get_raw_color_profile_size: (handle: number) => number
  readonly _heif_image_handle_get_raw_color_profile: (error: number, handle: number, output: number) => void
  readonly _heif_image_handle_get_nclx_color_profile: (error: number, handle: number, output: number) => void
  readonly _heif_nclx_color_profile_free: (profile: number) => void
  readonly _heif_image_handle_get_number_of_metadata_blocks: (handle: number, filter: number) => number
  readonly _heif_image_handle_get_list_of_metadata_block_IDs: (
    handle: number,
    filter: number,
    ids: number,
    count: number,
  ) => number
  readonly _heif_image_handle_get_metadata_type: (handle: number, id: number) => number
  readonly _heif_image_handle_get_metadata_content_type: (handle: number, id: number) => number
  readonly _heif_image_handle_get_metadata_size: (handle: number, id: number) => number
  readonly _heif_image_handle_get_metadata: (error: number, handle: number, id: number, output: number) => void
  readonly _heif_decoding_options_alloc: () => number
  readonly _heif_decoding_options_free: (options: number) => void
  readonly _heif_decode_image: (
    error: number,
    handle: number,
    image: number,
    colourSpace: number,
    chroma: number,
    options: number,
  ) => void
  readonly _heif_image_release: (image: number) => void
  readonly _heif_image_get_width: (image: number, channel: number) => number
  readonly _heif_image_get_height: (image: number, channel: number) => number
  readonly _heif_image_get_plane_readonly: (image: number, channel: number, stride: number) => number
}

/** Access to the memory of the module. */
export interface HeifMemory {
  readonly library: HeifModule
  readonly readUint32: (pointer: number) => number
  readonly readText: (pointer: number) => string
  /** A copy of bytes. */
  readonly copy: (pointer: number, byteLength: number) => Uint8Array
  /** Memory that is released with the last call of `free`. */
  readonly allocate: (byteLength: number) => number
  readonly writeUint64: (pointer: number, value: number) => void
}

const noop = (): void => {}

/** The decoder inside prints notes about damaged files; the module takes the functions of the console when it is loaded. */
const loadQuietly = (): HeifModule => {
  const { log, warn, error, info } = console
  Object.assign(console, { log: noop, warn: noop, error: noop, info: noop })
  try {
    return createRequire(import.meta.url)("libheif-js/wasm-bundle") as HeifModule
  } finally {
    Object.assign(console, { log, warn, error, info })
  }
}

let loaded: HeifModule | undefined

/**
 * Loads the library at the first call, which takes 0.1 s.
 * @throws {Error} with the code MODULE_NOT_FOUND if the package is not installed
 */
export const loadHeif = (): HeifModule => (loaded ??= loadQuietly())

/** Works with the library's memory, and releases all allocations. */
export const withHeif = <T>(work: (memory: HeifMemory) => T): T => {
  const library = loadHeif()
  const allocated: number[] = []
  const view = (): DataView => new DataView(library.HEAPU8.buffer)
  try {
    return work({
      library,
      readUint32: (pointer) => view().getUint32(pointer, true),
      readText: (pointer) => {
        const end = library.HEAPU8.indexOf(0, pointer)
        return new TextDecoder().decode(library.HEAPU8.slice(pointer, end))
      },
      copy: (pointer, byteLength) => library.HEAPU8.slice(pointer, pointer + byteLength),
      allocate: (byteLength) => {
        const pointer = library._malloc(byteLength)
        if (pointer === 0) throw new RangeError(`out of memory: ${byteLength} bytes for the HEIC decoder`)
        allocated.push(pointer)
        return pointer
      },
      writeUint64: (pointer, value) => view().setBigUint64(pointer, BigInt(value), true),
    })
  } finally {
    for (const pointer of allocated) library._free(pointer)
  }
}

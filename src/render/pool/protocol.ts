/**
 * Responsible for the messages between the server and a render process, over one pipe. A frame is the length of a JSON header and the
 * length of a body, both 32 bits, big-endian; then the header and the body.
 *
 * Invariants:
 * - A frame beyond the limits ends the connection, before memory is allocated for it.
 */
import type { Recipe } from "../../sizes/recipe.ts"
import type { InspectLimits } from "../inspected.ts"
import type { AssetPart } from "../steps/assets.ts"

/** A message to a render process. `open` has the original as its body, `render` the files of overlays. */
export type Request =
  | { readonly type: "open"; readonly limits: InspectLimits }
  | { readonly type: "digest" }
  | { readonly type: "decode" }
  | {
      readonly type: "render"
      readonly recipe: Recipe
      readonly fromPixels: boolean
      readonly keepsResized: boolean
      /** Files of overlays in the body, one behind the other. */
      readonly assets: readonly AssetPart[]
    }
  | { readonly type: "close" }

/** A request without an answer. */
export interface DropPixels {
  readonly type: "dropPixels"
}

/** An error of the render process, without its stack. */
export interface WireError {
  /** Undefined for an error that is not one of imgtailor's. */
  readonly code?: string | undefined
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly cause?: string | undefined
}

/** A message from a render process. */
export type Reply =
  | { readonly type: "ready"; readonly rssBytes: number }
  | { readonly type: "usage"; readonly rssBytes: number; readonly cpuMs: number }
  | { readonly type: "done"; readonly id: number; readonly value: unknown }
  | { readonly type: "failed"; readonly id: number; readonly error: WireError }

/** A header, parsed but not checked, and a body. */
export interface Frame {
  readonly header: unknown
  readonly body: Uint8Array
}

const PREFIX_BYTES = 8

const EMPTY = Buffer.alloc(0)

/** Recipes, headers and placeholders are below 10 kB. */
const MAX_HEADER_BYTES = 100_000

/** Larger than any rendition: a PNG of 8192 × 16384 pixels with alpha, uncompressed. */
export const MAX_BODY_BYTES = 600_000_000

/** @returns the beginning of a frame; the body follows as it is, since copying it would cost more than writing it */
export const frameHead = (header: object, bodyLength: number): Buffer => {
  const json = Buffer.from(JSON.stringify(header))
  const head = Buffer.allocUnsafe(PREFIX_BYTES + json.length)
  head.writeUInt32BE(json.length, 0)
  head.writeUInt32BE(bodyLength, 4)
  json.copy(head, PREFIX_BYTES)
  return head
}

/** Takes frames apart as they arrive. */
export interface FrameReader {
  /** Where the next bytes should be written: the rest of a large body, which saves a copy of it, or room for several small frames. */
  readonly target: () => Uint8Array
  /** Tells that so many bytes were written to the start of `target()`. @throws {RangeError} the frame is beyond the limits */
  readonly advance: (byteLength: number) => void
  /** Copies a chunk. @throws {RangeError} the frame is beyond the limits */
  readonly push: (chunk: Uint8Array) => void
}

/** A pool's memory would be kept alive by a view, so large bodies get their own. */
const allocateBody = (_header: unknown, byteLength: number): Buffer => Buffer.allocUnsafeSlow(byteLength)

/** Room for small frames that arrive together. */
const SCRATCH_BYTES = 65_536

/**
 * @param onFrame called with each complete frame, in order
 * @param allocate memory for the body of a header. @default new memory
 */
export const createFrameReader = (
  onFrame: (frame: Frame) => void,
  allocate: typeof allocateBody = allocateBody,
): FrameReader => {
  const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  const prefix = Buffer.alloc(PREFIX_BYTES)
  let part: "prefix" | "header" | "body" = "prefix"
  let buffer: Buffer = prefix
  let filled = 0
  let bodyLength = 0
  let header: unknown

  const expect = (next: typeof part, target: Buffer): void => {
    part = next
    buffer = target
    filled = 0
  }

  const finishPart = (): void => {
    if (part === "prefix") {
      const headerLength = prefix.readUInt32BE(0)
      bodyLength = prefix.readUInt32BE(4)
      if (headerLength === 0 || headerLength > MAX_HEADER_BYTES || bodyLength > MAX_BODY_BYTES)
        throw new RangeError(`Expected a frame within the limits, got ${headerLength} and ${bodyLength} bytes.`)
      expect("header", Buffer.allocUnsafe(headerLength))
    } else if (part === "header") {
      header = JSON.parse(buffer.toString())
      expect("body", bodyLength === 0 ? EMPTY : allocate(header, bodyLength))
    } else {
      const body = buffer
      expect("prefix", prefix)
      onFrame({ header, body })
    }
  }

  const fill = (byteLength: number): void => {
    filled += byteLength
    while (filled === buffer.length) finishPart()
  }

  const push = (chunk: Uint8Array): void => {
    for (let from = 0; from < chunk.length;) {
      const length = Math.min(chunk.length - from, buffer.length - filled)
      buffer.set(chunk.subarray(from, from + length), filled)
      from += length
      fill(length)
    }
  }

  const isLarge = (): boolean => part === "body" && buffer.length - filled > SCRATCH_BYTES

  return {
    target: () => (isLarge() ? buffer.subarray(filled) : scratch),
    advance: (byteLength) => (isLarge() ? fill(byteLength) : push(scratch.subarray(0, byteLength))),
    push,
  }
}

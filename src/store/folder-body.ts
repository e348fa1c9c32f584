/** Responsible for the body of a rendition in a folder: held in memory if it is small, else streamed from the open file. */
import { closeSync, createReadStream, read, readSync } from "node:fs"
import { promisify } from "node:util"

import type { OpenBody } from "./store.ts"

/** A file up to this size is read synchronously, which costs less than a trip through the thread pool. */
const SYNC_READ_BYTES = 65_536
/** A larger file is streamed. */
const MAX_HELD_BYTES = 1_048_576

const readLater = promisify(read)

/** Whether a file is small enough for {@link readHeldSync}. */
export const isReadSync = (byteLength: number): boolean => byteLength <= SYNC_READ_BYTES

/** The bytes of a small file, which it closes; undefined if the file has become shorter. */
export const readHeldSync = (fd: number, length: number): Uint8Array | undefined => {
  const bytes = Buffer.allocUnsafeSlow(length)
  try {
    for (let at = 0; at < length;) {
      const count = readSync(fd, bytes, at, length - at, at)
      if (count === 0) return undefined
      at += count
    }
    return bytes
  } finally {
    closeSync(fd)
  }
}

const readHeld = async (fd: number, length: number): Promise<Uint8Array | undefined> => {
  const bytes = Buffer.allocUnsafeSlow(length)
  try {
    for (let at = 0; at < length;) {
      const { bytesRead } = await readLater(fd, bytes, at, length - at, at)
      if (bytesRead === 0) return undefined
      at += bytesRead
    }
    return bytes
  } finally {
    closeSync(fd)
  }
}

const streamed = (fd: number): OpenBody => ({
  stream: (range) => createReadStream("", { fd, autoClose: true, ...range, start: range?.start ?? 0 }),
  close: async () => closeSync(fd),
})

/** The body of an open file, which it takes over; undefined if the file has become shorter. */
export const bodyOf = async (fd: number, byteLength: number): Promise<Uint8Array | OpenBody | undefined> => {
  if (isReadSync(byteLength)) return readHeldSync(fd, byteLength)
  return byteLength > MAX_HELD_BYTES ? streamed(fd) : readHeld(fd, byteLength)
}

/** Responsible for the small pictures that doctor renders and uploads: 16 × 12 pixels of one colour, one in each format of originals. */
import { randomFillSync } from "node:crypto"
import { crc32, deflateSync } from "node:zlib"

const decode = (text: string): Uint8Array => Buffer.from(text, "base64")

const JPEG_TABLES =
  "/9j/2wBDAAoHBwgHBgoICAgLCgoLDhgQDg0NDh0VFhEYIx8lJCIfIiEmKzcvJik0KSEiMEExNDk7Pj4+JS5ESUM8SDc9Pjv/2wBDAQoLCw4NDhwQEBw7KCIoOzs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozs7Ozv/wAARCAAMABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAA"

/** A red JPEG. */
export const RED_JPEG: Uint8Array = decode(
  `${JPEG_TABLES}AX/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABQb/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCSAEXT/9k=`,
)
/** A blue JPEG of the same length. */
export const BLUE_JPEG: Uint8Array = decode(
  `${JPEG_TABLES}Ab/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFQEBAQAAAAAAAAAAAAAAAAAABQb/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCWAXgp/9k=`,
)

/** A picture in each format of originals that is always decoded. */
export const PROBE_IMAGES: Readonly<Record<"jpeg" | "png" | "webp" | "gif" | "tiff" | "avif", Uint8Array>> = {
  jpeg: RED_JPEG,
  png: decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAMAAABcOc2zAAAAA1BMVEXIPCh+gCsnAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQImWNgGD4AAADMAAEw6crUAAAAAElFTkSuQmCC",
  ),
  webp: decode("UklGRjYAAABXRUJQVlA4ICoAAACQAQCdASoQAAwAAoBCJaACdLoAA5gA/uns/9bSZZGWH/z0z+tv4/8ZAAA="),
  gif: decode("R0lGODlhEAAMAIAAAExpccg8KCH5BAUAAAAALAAAAAAQAAwAAAIMjI+py+0Po5y02msKADs="),
  tiff: decode(
    "SUkqAEgAAACAMgeCgAQWDQeEQmFQuGQKCQyIRGJQWHROLReDRWMRuIxqOR+Ex6QSMASKSR+TSeNymVReWS2Jy+YR2BzOOQEAEAAAAQMAAQAAABAAAAABAQMAAQAAAAwAAAACAQMAAwAAAB4BAAADAQMAAQAAAAUAAAAGAQMAAQAAAAIAAAARAQQAAQAAAAgAAAASAQMAAQAAAAEAAAAVAQMAAQAAAAMAAAAWAQMAAQAAAAABAAAXAQQAAQAAAD8AAAAaAQUAAQAAAA4BAAAbAQUAAQAAABYBAAAcAQMAAQAAAAEAAAAoAQMAAQAAAAIAAAA9AQMAAQAAAAIAAABTAQMAAwAAACQBAAAAAAAAMzPLAAAACAAzM8sAAAAIAAgACAAIAAEAAQABAA==",
  ),
  avif: decode(
    "AAAAHGZ0eXBhdmlmAAAAAG1pZjFhdmlmbWlhZgAAANZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAAA+gABAAAAAAAAACcAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABhdjAxAAAAAA5waXRtAAAAAAABAAAAVmlwcnAAAAA4aXBjbwAAAAxhdjFDgSACAAAAABRpc3BlAAAAAAAAABAAAAAMAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAAAAAAAAAAEAAQOBAgMAAAAvbWRhdBIACgg4DP7aQENBpDIZGUJjBMPPPPNBIAB1hofWH3RMVe0yNzi2RA==",
  ),
}

const PNG_SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])

/** Length, type, data and checksum (PNG specification, 5.3). */
const pngChunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

/**
 * A PNG of random pixels, which no encoder makes smaller: its rendition in the same size is as long.
 * @param width in pixels @param height in pixels
 */
export const noisePng = (width: number, height: number): Uint8Array => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // 8 bits, RGB.
  header.set([8, 2, 0, 0, 0], 8)
  const rows = randomFillSync(Buffer.alloc((width * 3 + 1) * height))
  // Each row begins with its filter: none.
  for (let row = 0; row < height; row++) rows[row * (width * 3 + 1)] = 0
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(rows, { level: 0 })),
    pngChunk("IEND", new Uint8Array()),
  ])
}

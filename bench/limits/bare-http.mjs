// bare-http.mjs FILE MODE: the limit for a hit in Node, with the same bytes and as many headers as imgtailor sends. MODE is "memory" (bytes
// in memory, and one stat for each request, as checking freshness needs), "disk" (that stat, then open, stat, read and close), or "file"
// (the same without the first stat).
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs"
import { createServer } from "node:http"

const [file, mode] = process.argv.slice(2)
const inMemory = readFileSync(file)
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "content-security-policy": "default-src 'none'",
  "cross-origin-resource-policy": "cross-origin",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
  "cache-control": "public, max-age=3600, s-maxage=31536000",
  etag: '"90bb1256914c288a9e0821d46d448c3e"',
  "last-modified": "Wed, 25 Nov 2026 02:00:00 GMT",
  "cache-status": "imgtailor; hit",
  vary: "Accept",
  "content-type": "image/jpeg",
  "accept-ranges": "bytes",
  "content-length": String(inMemory.length),
}

const { "content-type": _type, "content-length": _length, "accept-ranges": _ranges, ...NOT_MODIFIED } = HEADERS

const fromDisk = () => {
  const descriptor = openSync(file, "r")
  const bytes = Buffer.allocUnsafe(fstatSync(descriptor).size)
  readSync(descriptor, bytes, 0, bytes.length, 0)
  closeSync(descriptor)
  return bytes
}

const server = createServer((request, response) => {
  if (mode !== "file") statSync(file, { bigint: true })
  if (request.headers["if-none-match"] === HEADERS.etag) {
    response.writeHead(304, NOT_MODIFIED)
    response.end()
    return
  }
  response.writeHead(200, HEADERS)
  response.end(mode === "memory" ? inMemory : fromDisk())
})
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))

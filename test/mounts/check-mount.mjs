// Checks of a mounted tailor, for any host: pages, conditions, ranges, errors, names, and the routes of the host itself.
import sharp from "sharp"
import { expect } from "vitest"

import { send as sendRaw } from "../support/server.ts"
import { NAMED_PHOTOS, NAMED_SIZE, REJECTED_PATHS, widthOf } from "../support/trial-names.ts"

/** The size list of the mounted tailor. */
export const SIZES = [NAMED_SIZE, "480h", "360x270"]
export const BASE = "/images"
const PHOTO = `${BASE}/${NAMED_SIZE}/a+b.jpg`

/** The bytes of a body in chunks (RFC 9112 §7.1). */
const joinChunks = (body) => {
  const parts = []
  for (let at = 0; ;) {
    const end = body.indexOf("\r\n", at)
    const length = Number.parseInt(body.toString("latin1", at, end), 16)
    if (!(length > 0)) return Buffer.concat(parts)
    parts.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}

/** Sends a request exactly as given. Some hosts send bodies in chunks. */
const send = async (port, path, request) => {
  const response = await sendRaw(port, path, request)
  if (response.headers["transfer-encoding"] !== "chunked") return response
  const body = joinChunks(response.body)
  return { ...response, body, text: body.toString() }
}

const widthIn = async (body) => (await sharp(body).metadata()).width

/** Every picture of the host's own page arrives. */
const checkPage = async (port) => {
  const page = await send(port, "/")
  expect(page.status).toBe(200)
  expect(page.headers["content-type"]).toContain("text/html")
  const urls = [...page.text.matchAll(/<img[^>]* src="([^"]+)"/g)].map(([, url]) => url)
  expect(urls).toHaveLength(2)
  for (const url of urls) {
    const { status, headers, body } = await send(port, url)
    expect([url, status, headers["content-type"]]).toEqual([url, 200, "image/jpeg"])
    expect(await widthIn(body)).toBeGreaterThan(0)
  }
}

/** Conditions, HEAD and ranges are answered as without a host. */
const checkHttp = async (port, { hasLengths = true } = {}) => {
  const whole = await send(port, PHOTO)
  const { etag = "" } = whole.headers
  const again = await send(port, PHOTO, { headers: { "if-none-match": etag } })
  expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag])
  const head = await send(port, PHOTO, { method: "HEAD" })
  expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, etag])
  if (hasLengths) expect(head.headers["content-length"]).toBe(`${whole.body.length}`)
  const part = await send(port, PHOTO, { headers: { range: "bytes=0-9" } })
  expect([part.status, part.headers["content-range"]]).toEqual([206, `bytes 0-9/${whole.body.length}`])
  expect(part.body).toEqual(whole.body.subarray(0, 10))
  expect(whole.headers["cache-control"]).toContain("max-age=3600")
}

/** URLs in headers and in the published list are those of the client. */
const checkUrls = async (port) => {
  const negotiated = await send(port, PHOTO, { headers: { accept: "image/webp" } })
  expect(negotiated.headers["content-type"]).toBe("image/webp")
  // Both spellings are the same URL path.
  expect(negotiated.headers["content-location"]).toBe(`${BASE}/${NAMED_SIZE}/a%2Bb.jpg.webp`)
  const list = await send(port, `${BASE}/imgtailor.json`)
  expect(JSON.parse(list.text)).toMatchObject({ basePath: BASE })
}

/** Errors of the tailor below its path, and of the host everywhere else. */
const checkErrors = async (port) => {
  const missing = await send(port, `${BASE}/${NAMED_SIZE}/missing.jpg`)
  expect([missing.status, missing.headers["cache-control"]]).toEqual([404, "public, max-age=10"])
  expect(missing.text).toContain("original-not-found")
  const unlisted = await send(port, `${BASE}/77w/a+b.jpg`)
  expect([unlisted.status, unlisted.text.includes("size-not-allowed")]).toEqual([400, true])
  const boom = await send(port, "/boom")
  expect([boom.status, boom.text.includes("size-not-allowed")]).toEqual([500, false])
  expect((await send(port, "/healthz")).text).toContain("the host")
}

/** Names of photos that other services could not serve. */
const checkNames = async (port) => {
  for (const photo of NAMED_PHOTOS)
    for (const url of photo.urls) {
      const path = `${BASE}/${url.replace("{size}", NAMED_SIZE)}`
      const { status, body } = await send(port, path)
      expect({ path, status }).toEqual({ path, status: 200 })
      expect({ path, width: await widthIn(body) }).toEqual({ path, width: widthOf(photo) })
    }
}

/** URLs that are malformed, or lead out of the mount: no picture, and the right status unless the host answers by itself. */
const checkRejected = async (port, { dots = false, own = [] }) => {
  for (const { path, statuses } of REJECTED_PATHS) {
    const { status, headers } = await send(port, `${BASE}/${path}`)
    const isImage = headers["content-type"]?.startsWith("image/") ?? false
    expect({ path, isImage }).toEqual({ path, isImage: false })
    // A host that resolves dot segments may leave the mount.
    const isResolved = dots && /\/\.\.?(?:\/|$)|%2e/i.test(path)
    if (!isResolved) expect([...statuses, ...own]).toContain(status)
  }
}

/** Each check gets the port of a host, and the host. */
export const CHECKS = [
  { name: "a page of the host has pictures", run: checkPage },
  { name: "conditions, HEAD and ranges work", run: checkHttp },
  { name: "URLs in headers and lists are those of the client", run: checkUrls },
  { name: "errors are the tailor's below its path, and the host's elsewhere", run: checkErrors },
  { name: "photos with unusual names are served", run: checkNames },
  { name: "malformed URLs are rejected", run: checkRejected },
]

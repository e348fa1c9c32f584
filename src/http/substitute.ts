/**
 * Responsible for pictures that are sent instead of an error: a placeholder where an original is missing or damaged, and the nearest stored
 * size where the server is busy.
 *
 * Invariants:
 * - Only a request for an image gets a picture. Programs get the error as before.
 * - A placeholder has the status, lifetime and code of the error. The nearest size is stored by no cache.
 * - A picture that cannot be sent changes nothing: the error is sent.
 */
import type { ErrorCode } from "../error-codes.ts"
import { encodeKey, formatKey, type Parsed, type Reading } from "../sizes/key.ts"
import { closeBody, isOpenBody } from "../store/store.ts"
import { subjectOf } from "../tailor/decision.ts"
import type { Core } from "../tailor/tailor.ts"
import type { Answer, HttpRequest } from "./answer.ts"
import { COMMON_HEADERS, type Headers } from "./headers.ts"
import type { ResolvedUrl } from "./url-path.ts"

/** The picture for originals that are missing. */
export interface MissingOption {
  /** Key of an original. */
  readonly key: string
  /** Every error of a rendition gets the picture: a cache in front does not distinguish requests. @default false */
  readonly isForAll?: boolean | undefined
}

/** When pictures are sent instead of errors. */
export interface SubstituteOptions {
  readonly missing?: MissingOption | undefined
  /** @default "refuse" */
  readonly whenBusy?: "nearest" | "refuse" | undefined
  readonly basePath: string
}

/** Returns a picture instead of an error, or the error. */
export type Substitute = (error: Answer, request: HttpRequest, resolved: ResolvedUrl) => Promise<Answer>

/** Errors of an original. */
const PICTURED: ReadonlySet<ErrorCode | undefined> = new Set<ErrorCode>([
  "original-not-found",
  "unsupported-original",
  "original-too-large",
  "corrupt-original",
])

/** `Vary` of errors where pictures may be sent instead. */
export const VARY = "Accept, Sec-Fetch-Dest"

/** Fetch Metadata: the destination of an `<img>` is "image". Other clients name types of images in `Accept`. */
const wantsImage = ({ header }: Pick<HttpRequest, "header">): boolean => {
  const destination = header("sec-fetch-dest")
  if (destination !== undefined && destination !== "empty") return destination === "image"
  return /(?:^|[,\s])image\//i.test(header("accept") ?? "")
}

/** The same size and format of another original. */
const readingOf = (key: string, { size, format }: Reading): Parsed => {
  const reading = { original: key as Reading["original"], size, format }
  return { key: formatKey(reading), readings: [reading] }
}

const missingPicture = async (
  { answer }: Core,
  key: string,
  error: Answer,
  { method, onDisconnect }: HttpRequest,
  { parsed }: ResolvedUrl,
): Promise<Answer> => {
  const found = await answer(readingOf(key, parsed.readings[0]), onDisconnect)
  const { body, byteLength, meta } = found
  if (method === "HEAD") await closeBody(found)
  const { "cache-control": cacheControl = "no-store", "cache-status": cacheStatus = "" } = error.headers
  const headers: Headers = {
    ...COMMON_HEADERS,
    "content-type": meta.contentType,
    "content-length": String(byteLength),
    "cache-control": cacheControl,
    "cache-status": cacheStatus,
    vary: VARY,
  }
  return { ...error, headers, ...(method !== "HEAD" && { body: isOpenBody(body) ? body.stream() : body }) }
}

const nearestPicture = async (
  { findNearest }: Core,
  { method, header }: HttpRequest,
  { parsed, isNegotiated }: ResolvedUrl,
  basePath: string,
): Promise<Answer | undefined> => {
  const found = await findNearest(parsed.readings[0], isNegotiated ? header("accept") : undefined)
  if (!found) return undefined
  const { reading, rendition } = found
  const { body, byteLength, meta } = rendition
  if (method === "HEAD") await closeBody(rendition)
  return {
    status: 200,
    headers: {
      ...COMMON_HEADERS,
      "content-type": meta.contentType,
      "content-length": String(byteLength),
      "content-location": `${basePath}/${encodeKey(formatKey(reading))}`,
      "cache-control": "no-store",
      "cache-status": "imgtailor; hit; detail=nearest",
      vary: VARY,
    },
    ...(method !== "HEAD" && { body: isOpenBody(body) ? body.stream() : body }),
    decision: {
      ...subjectOf(parsed.readings[0]),
      outcome: "hit",
      reason: "busy; sent the nearest stored size",
      timings: {},
    },
  }
}

/** The key of the picture to send instead of an error; undefined if the error is sent. */
export const missingKeyFor = (
  missing: MissingOption | undefined,
  code: ErrorCode | undefined,
  request: Pick<HttpRequest, "header">,
): string | undefined =>
  missing && PICTURED.has(code) && (missing.isForAll === true || wantsImage(request)) ? missing.key : undefined

/** Creates the part that sends pictures instead of errors. */
export const createSubstitute = (core: Core, { missing, whenBusy, basePath }: SubstituteOptions): Substitute => {
  const substitute = async (
    error: Answer,
    request: HttpRequest,
    resolved: ResolvedUrl,
  ): Promise<Answer | undefined> => {
    const { code } = error.decision
    const key = missingKeyFor(missing, code, request)
    if (key !== undefined) return missingPicture(core, key, error, request, resolved)
    const isBusy = whenBusy === "nearest" && code === "busy" && request.header("sec-fetch-dest") === "image"
    return isBusy ? nearestPicture(core, request, resolved, basePath) : undefined
  }
  return async (error, request, resolved) => {
    if (resolved.parsed.readings[0].size === "info") return error
    try {
      const picture = await substitute(error, request, resolved)
      if (picture) return picture
    } catch {
      // The placeholder itself is missing or damaged, or the store cannot be read.
    }
    return missing ? { ...error, headers: { ...error.headers, vary: VARY } } : error
  }
}

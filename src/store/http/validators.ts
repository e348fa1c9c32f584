/**
 * Responsible for the version of an original, from the headers of a response.
 *
 * Invariants:
 * - Times of this machine and of the server are never compared.
 */
import type { IncomingHttpHeaders } from "node:http"

import type { OriginalStat } from "../store.ts"

/** `Last-Modified` and the ETags of many servers, which are made from it, have a resolution of one second. */
const TICK_MS = 2000

/** The headers of a response that identify a version, and its length. */
export interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  readonly byteLength: number
}

/** The length of the whole representation; undefined if it is not declared. */
export const declaredLength = (headers: IncomingHttpHeaders): number | undefined => {
  const text = headers["content-range"]?.split("/").at(-1) ?? headers["content-length"]
  const length = Number(text)
  return text !== undefined && Number.isSafeInteger(length) ? length : undefined
}

/** The validators of a response with a body of this length; undefined without any. */
export const validatorsIn = (headers: IncomingHttpHeaders, byteLength: number): Validators | undefined => {
  const { etag, "last-modified": lastModified } = headers
  return etag || lastModified
    ? { etag: etag || undefined, lastModified: lastModified || undefined, byteLength }
    : undefined
}

const isStrong = (etag: string | undefined): etag is string => etag !== undefined && !/^W\//i.test(etag)

/** Headers of a request that is answered with 304 while the version is the same. */
export const conditionsOf = ({ etag, lastModified }: Validators): Readonly<Record<string, string>> => {
  if (etag !== undefined) return { "if-none-match": etag }
  return lastModified === undefined ? {} : { "if-modified-since": lastModified }
}

/**
 * The stat of an original: its version is a strong ETag, else a weak one and `Last-Modified` with the length. It is not stable within a
 * tick after the change, by the server's own clock.
 * @param date the `Date` of the response
 */
export const toStat = ({ etag, lastModified, byteLength }: Validators, date: string | undefined): OriginalStat => {
  const isExact = isStrong(etag)
  const ageMs = Date.parse(date ?? "") - Date.parse(lastModified ?? "")
  return {
    version: isExact ? etag : [etag, lastModified, byteLength].filter((part) => part !== undefined).join(" "),
    ...(lastModified !== undefined && { weakVersion: `${lastModified} ${byteLength}` }),
    byteLength,
    isStable: Number.isNaN(ageMs) ? isExact : ageMs >= TICK_MS,
  }
}

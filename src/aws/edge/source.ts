/**
 * The source of the edge function for one list: what was bundled when imgtailor was built, with the list in front. A function has no
 * environment, so a changed list is a changed source.
 */
import { readFile } from "node:fs/promises"

import type { TailorConfig } from "../../config/options.ts"
import { badConfig, type TailorError } from "../../errors.ts"
import { COMMON_HEADERS } from "../../http/headers.ts"
import { keyLimitsOf } from "../../store/s3/place.ts"
import { writeList } from "./edge-grammar.ts"
import { toHeaders } from "./handler.ts"

/** Bytes of a function's source, at most (CloudFront Developer Guide, "Quotas on CloudFront Functions": 10 KB). */
const MAX_BYTES = 10_240

/** By `unknownSize`: a list is longest where nothing snaps. */
const BUNDLES = {
  reject: new URL("../../../dist/functions/edge.js", import.meta.url),
  snap: new URL("../../../dist/functions/edge-snapping.js", import.meta.url),
} as const

const tooLong = (bytes: number, sizes: readonly string[], snaps: boolean): TailorError => {
  const each = JSON.stringify(sizes).length / sizes.length
  const fitting = Math.max(0, Math.floor(sizes.length - (bytes - MAX_BYTES) / each))
  return badConfig([
    `sizes: Expected a list with which the edge function has at most ${MAX_BYTES} bytes, got ${bytes}: about ${fitting} of the ${sizes.length} sizes fit. List fewer sizes, shorten names, ${snaps ? "take retired ones off, or leave unknownSize at reject" : "or take retired ones off"}.`,
  ])
}

/**
 * JavaScript for CloudFront's runtime 2.0 (`cloudfront-js-2.0`), with a function `handler` for viewer requests. Some hundred sizes fit, some thirty with what snaps.
 * @throws {bad-config} a list that makes it longer than CloudFront takes
 */
export const edgeSource = async ({
  grammar,
  basePath,
  unknownSize,
}: Pick<TailorConfig, "grammar" | "basePath" | "unknownSize">): Promise<string> => {
  const maxBytes = keyLimitsOf({ bucket: "", prefix: "" })
  const list = writeList({ ...grammar, maxBytes }, basePath)
  const source = `var LIST=${JSON.stringify(list)};\n${await readFile(BUNDLES[unknownSize], "utf8")}`
  const bytes = Buffer.byteLength(source)
  if (bytes > MAX_BYTES) throw tooLong(bytes, list.sizes, unknownSize === "snap")
  return source
}

/**
 * JavaScript for CloudFront's runtime 2.0, with a function `handler` for viewer responses: what our own server says of every picture, and
 * `Vary: Accept`, which neither a bucket keeps nor a response headers policy sets beside CORS. CloudFront calls it for answers of origins
 * below 400 (CloudFront Developer Guide, "Restrictions on all edge functions").
 */
export const edgeResponseSource = (): string => {
  const headers = JSON.stringify(toHeaders({ ...COMMON_HEADERS, vary: "Accept" }))
  return `var HEADERS=${headers};\nfunction handler(event){Object.assign(event.response.headers,HEADERS);return event.response}\n`
}

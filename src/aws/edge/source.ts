/**
 * Responsible for the source of the edge functions: the code that the build bundled, behind a literal with the list of sizes. A function of
 * CloudFront has no environment variables, so another list is another source.
 */
import { readFile } from "node:fs/promises"

import type { TailorConfig } from "../../config/options.ts"
import { badConfig, type TailorError } from "../../errors.ts"
import { COMMON_HEADERS } from "../../http/headers.ts"
import { keyLimitsOf } from "../../store/s3/place.ts"
import { type EdgeList, writeList } from "./edge-list.ts"
import { toHeaders } from "./handler.ts"

/** Bytes of source (CloudFront Developer Guide, "Quotas on CloudFront Functions": 10 KB). */
const MAX_BYTES = 10_240

/** By `unknownSize`. The code for snapping is only in the source that needs it. */
const BUNDLES = {
  reject: new URL("../../../dist/functions/edge.js", import.meta.url),
  snap: new URL("../../../dist/functions/edge-snapping.js", import.meta.url),
} as const

const tooLong = (byteLength: number, { names, widths, heights }: EdgeList, snaps: boolean): TailorError => {
  const bytesPerSize = (names + JSON.stringify([widths, heights])).length / widths.length
  const fitting = Math.max(0, Math.floor(widths.length - (byteLength - MAX_BYTES) / bytesPerSize))
  return badConfig([
    `sizes: Expected a list with which the edge function has at most ${MAX_BYTES} bytes, got ${byteLength}: about ${fitting} of the ${widths.length} sizes fit. List fewer sizes, shorten names, ${snaps ? "remove retired ones, or leave unknownSize at reject" : "or remove retired ones"}.`,
  ])
}

/**
 * JavaScript for CloudFront's runtime 2.0 (`cloudfront-js-2.0`): a function `handler` for viewer requests. It has room for at least 40 named
 * sizes.
 * @throws {bad-config} if the list makes it longer than CloudFront allows
 */
export const edgeSource = async ({
  grammar,
  basePath,
  unknownSize,
}: Pick<TailorConfig, "grammar" | "basePath" | "unknownSize">): Promise<string> => {
  const list = writeList({ ...grammar, maxBytes: keyLimitsOf({ bucket: "", prefix: "" }) }, basePath)
  // Without the quotes of the names of properties, which a script does not need.
  const literal = JSON.stringify(list).replaceAll(/(?<=[{,])"(\w+)":/g, "$1:")
  const source = `var LIST=${literal};\n${await readFile(BUNDLES[unknownSize], "utf8")}`
  const byteLength = Buffer.byteLength(source)
  if (byteLength > MAX_BYTES) throw tooLong(byteLength, list, unknownSize === "snap")
  return source
}

/**
 * JavaScript for CloudFront's runtime 2.0: a function `handler` for viewer responses. It adds the headers that the server sends with every
 * image, and `Vary: Accept`. A bucket cannot store these, and a response headers policy cannot send `Vary` together with CORS. CloudFront
 * calls it for origin responses with a status below 400 (CloudFront Developer Guide, "Restrictions on all edge functions").
 */
export const edgeResponseSource = (): string => {
  const headers = JSON.stringify(toHeaders({ ...COMMON_HEADERS, vary: "Accept" }))
  return `var HEADERS=${headers};\nfunction handler(event){Object.assign(event.response.headers,HEADERS);return event.response}\n`
}

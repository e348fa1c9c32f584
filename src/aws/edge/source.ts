/**
 * The source of the edge function for one list: what was bundled when imgtailor was built, with the list in front. A function has no
 * environment, so a changed list is a changed source.
 */
import { readFile } from "node:fs/promises"

import type { TailorConfig } from "../../config/options.ts"
import { badConfig } from "../../errors.ts"
import { keyLimitsOf } from "../../store/s3/place.ts"
import { writeList } from "./list.ts"

/** Bytes of a function's source, at most (CloudFront Developer Guide, "Quotas on CloudFront Functions": 10 KB). */
const MAX_BYTES = 10_240

const BUNDLE = new URL("../../../dist/functions/edge.js", import.meta.url)

/**
 * JavaScript for CloudFront's runtime 2.0 (`cloudfront-js-2.0`), with a function `handler` for viewer requests.
 * @throws {bad-config} a list that makes it longer than CloudFront takes
 */
export const edgeSource = async ({
  grammar,
  basePath,
}: Pick<TailorConfig, "grammar" | "basePath">): Promise<string> => {
  const maxBytes = keyLimitsOf({ bucket: "", prefix: "" })
  const list = JSON.stringify(writeList({ ...grammar, maxBytes }, basePath))
  const source = `var LIST=${list};\n${await readFile(BUNDLE, "utf8")}`
  const bytes = Buffer.byteLength(source)
  if (bytes <= MAX_BYTES) return source
  throw badConfig([
    `sizes: Expected a list with which the edge function has at most ${MAX_BYTES} bytes, got ${bytes}: ${bytes - MAX_BYTES} too many of the ${list.length} that the list takes. List fewer sizes, shorten their names, or take retired ones off.`,
  ])
}

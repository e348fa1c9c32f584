/** Responsible for the check of S3's answer about an original that does not exist. */
import { isAccessDenied } from "../../../store/s3/failure.ts"
import { type Check, failure, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { isMissing, missingKey, probeGet } from "../../s3-probe.ts"

/** See the head comment. */
export const s3OriginalsMissing: Check<LocalContext> = {
  name: "s3-originals-missing",
  probe: "read a key that does not exist among the originals",
  applies: ({ originalsBucket }) => originalsBucket !== undefined,
  examine: async ({ originalsBucket }, { signal }) => {
    const bucket = originalsBucket?.()
    if (!bucket) return passed("No bucket.")
    const outcome = await probeGet(bucket, missingKey(), { signal })
    if (isMissing(outcome)) return passed("S3 states that it does not exist.")
    const observation = outcome.problem ?? "S3 returned an object."
    if (outcome.failure && isAccessDenied(outcome.failure))
      return warning({
        observation,
        meaning: "S3 hides whether an object exists, so deletions of originals are never certain.",
        fix: `Allow s3:ListBucket on ${bucket.place.bucket}.`,
      })
    return failure({
      observation,
      meaning: "Missing originals answer an error of the server.",
      fix: "See s3-region and s3-originals-get.",
    })
  },
}

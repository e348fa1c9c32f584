/** Responsible for the check that renditions in S3 can be read. */
import { isAccessDenied } from "../../../store/s3/failure.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { isMissing, probeGet, probeRenditionKey } from "../../s3-probe.ts"

/** See the head comment. */
export const s3RenditionsGet: Check<LocalContext> = {
  name: "s3-renditions-get",
  probe: "read a key of a listed size among the renditions (s3:GetObject)",
  applies: ({ renditionsBucket }) => renditionsBucket !== undefined,
  examine: async ({ renditionsBucket, tailor }, { signal }) => {
    const bucket = renditionsBucket?.()
    if (!bucket) return passed("No bucket.")
    const outcome = await probeGet(bucket, probeRenditionKey(tailor.config.grammar), { signal })
    if (isMissing(outcome)) return passed("Allowed.")
    const isDenied = outcome.failure !== undefined && isAccessDenied(outcome.failure)
    return failure({
      observation: outcome.problem ?? "S3 returned an object that cannot exist.",
      meaning: isDenied
        ? "Stored renditions cannot be read, or a missing one looks forbidden: requests render again."
        : "Stored renditions cannot be read.",
      fix: `Allow s3:GetObject and s3:ListBucket on ${bucket.place.bucket}.`,
    })
  },
}

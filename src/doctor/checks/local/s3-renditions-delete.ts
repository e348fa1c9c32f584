/** Responsible for the check that renditions in S3 can be deleted. */
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { probe, probeRenditionKey } from "../../s3-probe.ts"

/** See the head comment. */
export const s3RenditionsDelete: Check<LocalContext> = {
  name: "s3-renditions-delete",
  probe: "delete a key of a listed size that does not exist (s3:DeleteObject)",
  applies: ({ renditionsBucket }) => renditionsBucket !== undefined,
  examine: async ({ renditionsBucket, tailor }, { signal }) => {
    const bucket = renditionsBucket?.()
    if (!bucket) return passed("No bucket.")
    const key = probeRenditionKey(tailor.config.grammar)
    const { problem } = await probe(bucket, { method: "DELETE", key }, { signal })
    if (problem === undefined) return passed("Allowed.")
    return warning({
      observation: problem,
      meaning:
        "Renditions of deleted originals stay; purge and prune fail. The function that only renders does not need it.",
      fix: `Allow s3:DeleteObject on ${bucket.place.bucket}/${bucket.place.prefix}*.`,
    })
  },
}

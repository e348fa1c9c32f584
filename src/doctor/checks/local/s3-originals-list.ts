/** Responsible for the check that originals in S3 can be listed. Without the permission, a missing original looks forbidden. */
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { probe } from "../../s3-probe.ts"

/** See the head comment. */
export const s3OriginalsList: Check<LocalContext> = {
  name: "s3-originals-list",
  probe: "list one key of the originals' bucket (s3:ListBucket)",
  applies: ({ originalsBucket }) => originalsBucket !== undefined,
  examine: async ({ originalsBucket }, { signal }) => {
    const bucket = originalsBucket?.()
    if (!bucket) return passed("No bucket.")
    const query = { "list-type": "2", "max-keys": "1", prefix: bucket.place.prefix }
    const { problem } = await probe(bucket, { method: "GET", query }, { signal })
    if (problem === undefined) return passed("Allowed.")
    return warning({
      observation: problem,
      meaning:
        "A missing original looks like a forbidden one, so renditions of deleted originals are kept, and warm and prune cannot list.",
      fix: `Allow s3:ListBucket on ${bucket.place.bucket}.`,
    })
  },
}

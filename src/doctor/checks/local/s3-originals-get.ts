/** Responsible for the check that an original in S3 can be read. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { probeGet } from "../../s3-probe.ts"

/** See the head comment. */
export const s3OriginalsGet: Check<LocalContext> = {
  name: "s3-originals-get",
  probe: "read an original of the bucket (s3:GetObject)",
  applies: ({ originalsBucket }) => originalsBucket !== undefined,
  examine: async ({ originalsBucket, sample }, { signal }) => {
    const bucket = originalsBucket?.()
    const keys = await sample().then(
      (found) => found.keys,
      () => [],
    )
    const [key] = keys
    if (!bucket || key === undefined) return skipped("No original is known: the bucket is empty, or may not be listed.")
    const { problem, failure: found } = await probeGet(bucket, key, { signal })
    if (problem === undefined) return passed(`${bucket.client.nameOf(key)} can be read.`)
    const needsKms = found?.message.includes("kms:") === true
    return failure({
      observation: problem,
      meaning: needsKms
        ? "The originals are encrypted with a key that may not be used."
        : "Every request answers 404 or 502.",
      fix: needsKms
        ? "Allow kms:Decrypt on the key (--kms-key-arn for the stack)."
        : `Allow s3:GetObject on ${bucket.place.bucket}/${bucket.place.prefix}*.`,
    })
  },
}

/** Responsible for the check that renditions can be stored in S3. */
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { RED_JPEG } from "../../probe-images.ts"
import { probe, probeRenditionKey } from "../../s3-probe.ts"

/** See the head comment. */
export const s3RenditionsPut: Check<LocalContext> = {
  name: "s3-renditions-put",
  probe: "store a small picture in a listed size (s3:PutObject)",
  applies: ({ renditionsBucket }) => renditionsBucket !== undefined,
  examine: async ({ renditionsBucket, tailor }, { signal }) => {
    const bucket = renditionsBucket?.()
    if (!bucket) return passed("No bucket.")
    const key = probeRenditionKey(tailor.config.grammar)
    const headers = { "content-type": "image/jpeg" }
    const { problem } = await probe(bucket, { method: "PUT", key, headers, body: RED_JPEG }, { signal })
    const { problem: left } = await probe(bucket, { method: "DELETE", key }, { signal })
    if (problem === undefined)
      return passed(left === undefined ? "Allowed." : `Allowed. Delete ${key}, which doctor may not delete.`)
    return failure({
      observation: problem,
      meaning: "Nothing is stored, so every request renders again.",
      fix: `Allow s3:PutObject on ${bucket.place.bucket}/${bucket.place.prefix}*/<size>/*; imgtailor policies prints the statements.`,
    })
  },
}

/** Responsible for the check that both buckets exist in the configured region, with valid credentials. */
import type { Bucket } from "../../../store/s3/bucket.ts"
import { type Check, failure, type Finding, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { missingKey, probeGet } from "../../s3-probe.ts"

const REGION_CODES = new Set(["PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect"])
const CREDENTIAL_CODES = new Set(["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"])

const problemOf = async (bucket: Bucket, signal: AbortSignal): Promise<Finding | undefined> => {
  const { failure: found, problem } = await probeGet(bucket, missingKey(), { signal })
  const name = bucket.client.nameOf("")
  const observation = `${name}: ${problem}`
  const meaning = "Neither originals nor renditions of this bucket can be used."
  if (found && (REGION_CODES.has(found.code) || found.status === 301 || found.status === 307))
    return failure({ observation, meaning, fix: `Set --s3-region to ${found.region ?? "the region of the bucket"}.` })
  if (found?.code === "NoSuchBucket")
    return failure({ observation, meaning, fix: "Create the bucket, or correct its name." })
  if (found && CREDENTIAL_CODES.has(found.code))
    return failure({
      observation,
      meaning,
      fix: "Correct the credentials: docs/stores.md lists where they are looked up.",
    })
  // Any answer about the key shows that the bucket is there.
  if (!found && problem !== undefined)
    return failure({ observation, meaning, fix: "Check the network, --s3-endpoint, and the credentials." })
  return undefined
}

/** See the head comment. */
export const s3Region: Check<LocalContext> = {
  name: "s3-region",
  probe: "send a request to each bucket",
  applies: ({ originalsBucket, renditionsBucket }) => (originalsBucket ?? renditionsBucket) !== undefined,
  examine: async ({ originalsBucket, renditionsBucket }, { signal }) => {
    for (const open of [originalsBucket, renditionsBucket]) {
      const problem = open && (await problemOf(open(), signal))
      if (problem) return problem
    }
    return passed("The buckets answer in this region.")
  },
}

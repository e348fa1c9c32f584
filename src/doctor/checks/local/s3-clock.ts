/** Responsible for the check that the clock agrees with S3's: requests signed 15 minutes off are refused. */
import { type Check, failure, passed, skipped, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"
import { missingKey, probeGet } from "../../s3-probe.ts"

/** S3 refuses signatures older than 15 minutes (RequestTimeTooSkewed). */
const MAX_SKEW_MS = 900_000
const NOTABLE_SKEW_MS = 60_000

/** See the head comment. */
export const s3Clock: Check<LocalContext> = {
  name: "s3-clock",
  probe: "compare the Date of a response of S3 with the clock",
  applies: ({ originalsBucket, renditionsBucket }) => (originalsBucket ?? renditionsBucket) !== undefined,
  examine: async ({ originalsBucket, renditionsBucket, tailor }, { signal }) => {
    const open = originalsBucket ?? renditionsBucket
    if (!open) return skipped("No bucket is configured.")
    const { failure: found, problem } = await probeGet(open(), missingKey(), { signal })
    const fix = "Synchronise the clock (NTP, chrony)."
    const meaning = "S3 refuses the signatures of requests."
    if (found?.code === "RequestTimeTooSkewed") return failure({ observation: problem ?? "", meaning, fix })
    const date = await dateOf(tailor.config.s3.s3Endpoint ?? "https://s3.amazonaws.com", signal)
    if (date === undefined) return skipped("The server sends no Date.")
    const skewMs = Math.abs(date - Date.now())
    const observation = `The clocks differ by ${Math.round(skewMs / 1000)} s.`
    if (skewMs >= MAX_SKEW_MS) return failure({ observation, meaning, fix })
    return skewMs >= NOTABLE_SKEW_MS
      ? warning({ observation, meaning: "Signatures are refused at 15 minutes.", fix })
      : passed(observation)
  },
}

/** The time of a server, in milliseconds since 1970. */
const dateOf = async (url: string, signal: AbortSignal): Promise<number | undefined> => {
  const response = await fetch(url, { method: "HEAD", redirect: "manual", signal }).catch(() => undefined)
  const date = Date.parse(response?.headers.get("date") ?? "")
  return Number.isNaN(date) ? undefined : date
}

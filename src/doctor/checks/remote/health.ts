/** Responsible for the check of the server's own health report. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { createAsk } from "../../remote-client.ts"
import type { RemoteContext } from "../../remote-context.ts"

const problemsIn = (body: Buffer): { readonly status: string; readonly problems: readonly string[] } | undefined => {
  try {
    const report = JSON.parse(body.toString()) as { readonly status?: unknown; readonly problems?: unknown }
    if (typeof report.status !== "string") return undefined
    return { status: report.status, problems: Array.isArray(report.problems) ? report.problems.map(String) : [] }
  } catch {
    return undefined
  }
}

/** See the head comment. */
export const health: Check<RemoteContext> = {
  name: "health",
  probe: "request /healthz",
  examine: async ({ base }, { signal }) => {
    const { status, body } = await createAsk(new URL(base.origin))("/healthz", { signal })
    const report = problemsIn(body)
    if (!report) return skipped(`Status ${status}: the health report is not public here.`)
    if (report.status === "ok") return passed("The server reports no problem.")
    return failure({
      observation: report.problems.join(" ") || `The status is ${report.status}.`,
      meaning: "A part of the server does not work.",
      fix: "Read the log of the server, and run imgtailor doctor there.",
    })
  },
}

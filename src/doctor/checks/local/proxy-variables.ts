/** Responsible for the check of proxy variables, which requests to remote stores do not use. */
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const NAMES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]

/** See the head comment. */
export const proxyVariables: Check<LocalContext> = {
  name: "proxy-variables",
  probe: "look for HTTPS_PROXY in the environment",
  applies: ({ originalsFolder, renditionsFolder }) => originalsFolder === undefined || renditionsFolder === undefined,
  examine: ({ system }) => {
    const set = NAMES.filter((name) => system.env[name])
    if (set.length === 0) return passed("No proxy is set.")
    return warning({
      observation: `${set.join(", ")} is set.`,
      meaning: "Requests to remote stores do not use it: they connect directly, and fail where only the proxy may.",
      fix: "Allow direct connections to the store, or use a VPC endpoint.",
    })
  },
}

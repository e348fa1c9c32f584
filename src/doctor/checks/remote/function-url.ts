/** Responsible for the check that the function behind CloudFront cannot be called without it. */
import { type Check, failure, passed } from "../../check.ts"
import { createAsk } from "../../remote-client.ts"
import type { RemoteContext } from "../../remote-context.ts"

/** See the head comment. */
export const functionUrl: Check<RemoteContext> = {
  name: "function-url",
  probe: "send an unsigned request to the function's URL",
  applies: (context) => context.functionUrl !== undefined,
  examine: async (context, { signal }) => {
    const { status } = await createAsk(new URL(context.functionUrl ?? ""))("/healthz", { signal })
    if (status === 401 || status === 403) return passed(`${status}.`)
    return failure({
      observation: `Status ${status}.`,
      meaning: "Anyone can call the function without the CDN and its cache, and you pay for each call.",
      fix: "Set AuthType AWS_IAM on the function's URL, and origin access control in CloudFront.",
    })
  },
}

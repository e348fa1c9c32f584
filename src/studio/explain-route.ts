/** Responsible for the explanation of a URL, a path or an original in the studio. */
import { createExplain } from "../explain/explain.ts"
import { refuse, replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

/** Longest text to explain. No URL of imgtailor is longer. */
const MAX_TEXT = 8192

/** `GET api/explain`. */
export const createExplainRoute = ({ tailor }: RouteParts): Route => {
  const explain = createExplain(tailor)
  return async ({ query, signal }) => {
    const target = query.get("target") ?? ""
    if (target === "" || target.length > MAX_TEXT)
      return refuse(400, "bad-request", "Expected a URL, a URL path or the key of an original.")
    return replyJson(await explain(target, { accept: query.get("accept") ?? undefined, signal }))
  }
}

/**
 * Responsible for the problem that a changed photo is not seen within the promised time. It is a failure, except in the redirect flow
 * (docs/aws-redirect.md): there, a website endpoint sends stored renditions until an optional function deletes them.
 */
import { failure, type Problem, type ProblemText, warning } from "./check.ts"
import type { Reply } from "./remote-client.ts"

const FIX =
  "Turn events on (deploy --enable-events), start serve with --watch behind nginx, and let changes purge the CDN."

const REDIRECT_FIX =
  "Deploy the function that deletes stale renditions: imgtailor package --mode sync, as in docs/aws-redirect.md."

/**
 * True if the first request for a photo was redirected to a function, and from there back to the same URL. One redirect, for example to
 * HTTPS, is no sign of this flow.
 */
const isRedirectFlow = ({ url, redirects }: Reply, path: string): boolean =>
  redirects >= 2 && new URL(url).pathname.endsWith(path)

/**
 * The problem of a photo that still has its former rendition.
 * @param first the reply to the first request for the photo
 * @param path the requested URL path, below the base URL
 */
export const stalePhoto = (problem: Omit<ProblemText, "fix">, first: Reply, path: string): Problem =>
  isRedirectFlow(first, path) ? warning({ ...problem, fix: REDIRECT_FIX }) : failure({ ...problem, fix: FIX })

/**
 * Responsible for the problem that a changed photo is not seen within the promised time. It is a failure, except in the redirect flow
 * (docs/aws-redirect.md): there, a website endpoint sends stored renditions until an optional function deletes them.
 */
import { setTimeout as sleep } from "node:timers/promises"

import { failure, type Finding, passed, type Problem, type ProblemText, skipped, warning } from "./check.ts"
import type { Reply } from "./remote-client.ts"
import { NO_UPLOAD, type RemoteContext, VERSIONS } from "./remote-context.ts"
import type { Uploads } from "./uploads.ts"

const POLL_MS = 250
/** Before a copy counts as equal in time: the clock of S3 has seconds. */
const SETTLE_MS = 1100

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
const stalePhoto = (problem: Omit<ProblemText, "fix">, first: Reply, path: string): Problem =>
  isRedirectFlow(first, path) ? warning({ ...problem, fix: REDIRECT_FIX }) : failure({ ...problem, fix: FIX })

/** A change of a photo, and how it is seen. */
export interface PhotoChange {
  /** File name of the photo. */
  readonly name: string
  /** `the deletion`. */
  readonly noun: string
  readonly make: (uploads: Uploads) => Promise<unknown>
  /** How a reply shows the change: `404`. Undefined where it does not. */
  readonly seenIn: (reply: Reply, first: Reply) => string | undefined
  /** What is observed instead: `Status 200`. */
  readonly unseenIn: (reply: Reply) => string
  /** Consequence of a change that is not seen. */
  readonly meaning: string
}

/** Uploads a photo, changes it, and requests it until the change is seen. */
export const examineChange = async (
  { ask, uploads, sizes, pathOf, withinSeconds }: RemoteContext,
  signal: AbortSignal,
  { name, noun, make, seenIn, unseenIn, meaning }: PhotoChange,
): Promise<Finding> => {
  const [size] = await sizes()
  if (!uploads || !size) return skipped(NO_UPLOAD)
  const path = pathOf(await uploads.put(name, VERSIONS[0]), size.name)
  const first = await ask(path, { signal })
  if (first.status !== 200) return skipped(`Status ${first.status} before ${noun}.`)
  await sleep(SETTLE_MS, undefined, { signal })
  await make(uploads)
  const startMs = performance.now()
  for (;;) {
    const reply = await ask(path, { signal })
    const seconds = (performance.now() - startMs) / 1000
    const seen = seenIn(reply, first)
    if (seen !== undefined) return passed(`${seen} after ${seconds.toFixed(1)} s.`)
    if (seconds > withinSeconds)
      return stalePhoto({ observation: `${unseenIn(reply)} after ${Math.round(seconds)} s.`, meaning }, first, path)
    await sleep(POLL_MS, undefined, { signal })
  }
}

/** Responsible for the meaning of a request target: a URL of imgtailor, one with an unlisted size, or one of another service. */
import type { Refusal } from "../sizes/decode-path.ts"
import type { Grammar } from "../sizes/key.ts"
import { type CompatOptions, createCompatResolve } from "./compat.ts"
import { resolveSnapped } from "./snap-path.ts"
import { resolveUrlPath, type ResolvedUrl, withoutQuery } from "./url-path.ts"

/** Settings that decide the meaning of a URL. */
export interface ResolveOptions extends Partial<CompatOptions> {
  /** "", or a path like `/img` without a trailing slash. */
  readonly basePath: string
  /** How to handle an unlisted size. @default "reject" */
  readonly unknownSize?: "reject" | "snap"
}

/** Resolves a raw request target with the `Accept` header of its request. */
export type ResolveAny = (
  target: string,
  accept: string | undefined,
) => ResolvedUrl | Refusal | Promise<ResolvedUrl | Refusal>

/** Creates the function that decides the meaning of a URL: the server, and explanations of it, have no other. */
export const createResolveTarget = (grammar: Grammar, options: ResolveOptions): ResolveAny => {
  const { basePath, compat = [], compatOrigins = {}, compatKeys = {} } = options
  const own = options.unknownSize === "snap" ? resolveSnapped : resolveUrlPath
  if (compat.length > 0) return createCompatResolve(own, grammar, { basePath, compat, compatOrigins, compatKeys })
  return (target, accept) => own(withoutQuery(target), accept, basePath, grammar)
}

/**
 * Responsible for the errors that a URL or a method alone can cause. They are apart from errors.ts because the edge function of a CDN
 * needs them too, and its code has a size limit.
 */

/** Properties of every response with the same error code. */
export interface AnswerKind {
  /** HTTP status. */
  readonly status: number
  /** How long the response may be cached, in seconds. 0 means `no-store`. */
  readonly cacheSeconds: number
  /** A short summary that is the same for every occurrence (RFC 9457 `title`). */
  readonly title: string
}

/** Codes of errors that are found before anything is read. */
export type RefusalCode =
  | "bad-url"
  | "size-not-allowed"
  | "format-not-allowed"
  | "method-not-allowed"
  | "original-not-found"

/** Status, cache time and title of each {@link RefusalCode}. */
export const REFUSALS: Readonly<Record<RefusalCode, AnswerKind>> = {
  "bad-url": { status: 400, cacheSeconds: 60, title: "Not the URL of a rendition" },
  "size-not-allowed": { status: 400, cacheSeconds: 60, title: "Size not listed" },
  "format-not-allowed": { status: 400, cacheSeconds: 60, title: "Format not listed" },
  "method-not-allowed": { status: 405, cacheSeconds: 0, title: "Method not allowed" },
  "original-not-found": { status: 404, cacheSeconds: 10, title: "Original not found" },
}

/** The `detail` of a `method-not-allowed` error. */
export const expectedMethod = (method: string): string => `Expected GET, HEAD or OPTIONS, got ${method}.`

/**
 * What is said of a request before anything is read, by our own server and by the edge of a CDN, whose code must be small: what each of
 * these codes has of the table in errors.ts.
 */

/** What an answer with a code has, whatever happened. */
export interface AnswerKind {
  /** HTTP status of the answer. */
  readonly status: number
  /** How long the answer may be cached; 0 means `no-store`. */
  readonly cacheSeconds: number
  /** One line for people, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string
}

/** Codes that an address or a method alone can have. */
export type RefusalCode =
  | "bad-url"
  | "size-not-allowed"
  | "format-not-allowed"
  | "method-not-allowed"
  | "original-not-found"

/** By code. */
export const REFUSALS: Readonly<Record<RefusalCode, AnswerKind>> = {
  "bad-url": { status: 400, cacheSeconds: 60, title: "The address is not one of a rendition" },
  "size-not-allowed": { status: 400, cacheSeconds: 60, title: "The size is not on the list" },
  "format-not-allowed": { status: 400, cacheSeconds: 60, title: "The format is not on the list" },
  "method-not-allowed": { status: 405, cacheSeconds: 0, title: "Only GET, HEAD and OPTIONS are answered" },
  "original-not-found": { status: 404, cacheSeconds: 10, title: "There is no such original" },
}

/** What `method-not-allowed` says of a method. */
export const expectedMethod = (method: string): string => `Expected GET, HEAD or OPTIONS, got ${method}.`

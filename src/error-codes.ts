/** Responsible for the table of all error codes. docs/errors.md is generated from it. errors.ts makes the errors. */
import { type AnswerKind, type RefusalCode, REFUSALS } from "./refusals.ts"

/** An entry of {@link ERRORS}. */
export interface ErrorKind extends AnswerKind {
  /** When the error occurs, for docs/errors.md. */
  readonly when: string
}

/** The codes of all errors. They are stable: compare them, never the text. */
export type ErrorCode =
  | RefusalCode
  | "precondition-failed"
  | "range-not-satisfiable"
  | "unsupported-original"
  | "original-too-large"
  | "corrupt-original"
  | "busy"
  | "render-failed"
  | "internal"
  | "store-unavailable"
  | "store-denied"
  | "no-image"
  | "redirect-loop"
  | "bad-config"

/** Every error by its code. docs/errors.md is generated from this table. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorKind>> = {
  "bad-url": {
    ...REFUSALS["bad-url"],
    when: "The URL path has no size, or has a malformed escape, an empty or dot segment, an escaped slash or a control character, or is too long to be stored.",
  },
  "size-not-allowed": {
    ...REFUSALS["size-not-allowed"],
    when: "The size is not listed, or is retired. The response names the nearest listed size.",
  },
  "format-not-allowed": {
    ...REFUSALS["format-not-allowed"],
    when: "The URL requests a known format that is not listed, and no original has this file name.",
  },
  "method-not-allowed": {
    ...REFUSALS["method-not-allowed"],
    when: "The method is not GET, HEAD or OPTIONS.",
  },
  "precondition-failed": {
    status: 412,
    cacheSeconds: 0,
    title: "Precondition failed",
    when: "If-Match or If-Unmodified-Since does not hold.",
  },
  "range-not-satisfiable": {
    status: 416,
    cacheSeconds: 0,
    title: "Range not satisfiable",
    when: "The byte range starts after the end of the rendition.",
  },
  "original-not-found": {
    ...REFUSALS["original-not-found"],
    when: "No original has this name, or it is outside the folder, or it cannot be read. The response does not distinguish these cases; the log does.",
  },
  "unsupported-original": {
    status: 415,
    cacheSeconds: 60,
    title: "Unsupported original",
    when: "The original is not in a supported format: SVG, PDF and BMP never are, HEIC and JPEG XL need an optional decoder. The content decides, not the file name.",
  },
  "original-too-large": {
    status: 413,
    cacheSeconds: 60,
    title: "Original too large",
    when: "The original exceeds the byte or pixel limit, or a side of the rendition would exceed the limit of its format. This is checked before decoding. Also when rendering used more memory or time than the original may.",
  },
  "corrupt-original": {
    status: 422,
    cacheSeconds: 60,
    title: "Corrupt original",
    when: "The original is damaged or truncated. The result is remembered for this version of the original, so a repaired upload works at once.",
  },
  busy: {
    status: 503,
    cacheSeconds: 0,
    title: "Busy",
    when: "The render queue is full, the deadline has passed, or the original is being written. Retry-After says when to try again.",
  },
  "render-failed": {
    status: 500,
    cacheSeconds: 0,
    title: "Rendering failed",
    when: "The machine ran out of a resource while rendering. The log has the cause.",
  },
  internal: {
    status: 500,
    cacheSeconds: 0,
    title: "Internal error",
    when: "A bug in imgtailor. Please report it with the stack from the log.",
  },
  "store-unavailable": {
    status: 502,
    cacheSeconds: 0,
    title: "Store unavailable",
    when: "A store (the folder, bucket or web server of originals or renditions) did not answer, or an operation on it failed. The log has the cause.",
  },
  "store-denied": {
    status: 500,
    cacheSeconds: 0,
    title: "Store denied access",
    when: "A store rejected the credentials or denied the action. The log has the cause.",
  },
  "no-image": {
    status: 404,
    cacheSeconds: 10,
    title: "Not an image",
    when: "The URL path is `/` or the base path. The response explains how URLs are formed, with an example of an existing original.",
  },
  "redirect-loop": {
    status: 508,
    cacheSeconds: 0,
    title: "Redirect loop",
    when: "On AWS: a rendition that is too large for a Lambda response is stored, but the CDN keeps requesting it from the function instead of the bucket.",
  },
  "bad-config": {
    status: 500,
    cacheSeconds: 0,
    title: "Invalid configuration",
    when: "The settings have mistakes. Commands exit with code 2.",
  },
}

/** `Retry-After` of a `busy` response, in seconds. */
export const RETRY_AFTER_SECONDS = 2

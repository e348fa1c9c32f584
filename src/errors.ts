/**
 * Every error imgtailor reports, in one table, with one maker each. Callers compare `code`, never text.
 * `detail` and `hint` are public and go into the response; `message`, `cause` and the stack never do.
 */
import { type AnswerKind, expectedMethod, type RefusalCode, REFUSALS } from "./refusals.ts"

/** What is fixed for a code. */
export interface ErrorKind extends AnswerKind {
  /** The circumstances, for docs/errors.md. */
  readonly when: string
}

/** Stable: compare these, never text. */
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
  | "redirect-loop"
  | "bad-config"

/** Every code; docs/errors.md is made from it. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorKind>> = {
  "bad-url": {
    ...REFUSALS["bad-url"],
    when: "an address without a size, with a malformed escape, an empty or dot segment, an escaped slash or a control character; or too long to be stored",
  },
  "size-not-allowed": {
    ...REFUSALS["size-not-allowed"],
    when: "a size that is not on the list, or was taken off it; the nearest one is named",
  },
  "format-not-allowed": {
    ...REFUSALS["format-not-allowed"],
    when: "a known format that is not on the list is asked for, and no original of that whole name exists",
  },
  "method-not-allowed": {
    ...REFUSALS["method-not-allowed"],
    when: "any method but GET, HEAD and OPTIONS",
  },
  "precondition-failed": {
    status: 412,
    cacheSeconds: 0,
    title: "The rendition is not the one you named",
    when: "If-Match or If-Unmodified-Since does not hold",
  },
  "range-not-satisfiable": {
    status: 416,
    cacheSeconds: 0,
    title: "The range starts after the end",
    when: "a byte range that starts after the end",
  },
  "original-not-found": {
    ...REFUSALS["original-not-found"],
    when: "no original has this name, or it lies outside the folder or cannot be read: these are not told apart",
  },
  "unsupported-original": {
    status: 415,
    cacheSeconds: 60,
    title: "The original is not an image we decode",
    when: "the original's bytes are no image that is decoded (SVG, PDF, HEIC, JPEG XL, BMP …), whatever its name says",
  },
  "original-too-large": {
    status: 413,
    cacheSeconds: 60,
    title: "The original is over a limit",
    when: "the original is over the byte or pixel limit, or a side of the rendition would not fit its format; found before decoding",
  },
  "corrupt-original": {
    status: 422,
    cacheSeconds: 60,
    title: "The original does not decode",
    when: "the original is damaged or cut off; remembered with its version, so a repaired upload works at once",
  },
  busy: {
    status: 503,
    cacheSeconds: 0,
    title: "Too much to do at the moment",
    when: "the queue of renders is full, the deadline has passed, or the original is being written; Retry-After says when to try again",
  },
  "render-failed": {
    status: 500,
    cacheSeconds: 0,
    title: "The rendition could not be made",
    when: "the machine ran out of something while rendering",
  },
  internal: {
    status: 500,
    cacheSeconds: 0,
    title: "Something went wrong on our side",
    when: "a fault of imgtailor; the log has it, the answer says nothing",
  },
  "store-unavailable": {
    status: 502,
    cacheSeconds: 0,
    title: "A store did not answer",
    when: "a store could not be read; the log has it, the answer says nothing",
  },
  "store-denied": {
    status: 500,
    cacheSeconds: 0,
    title: "A store refused us",
    when: "a store refused us; the log has it, the answer says nothing",
  },
  "redirect-loop": {
    status: 508,
    cacheSeconds: 0,
    title: "The rendition is stored, yet it was asked for again",
    when: "on AWS: a rendition too long to be answered is stored, but whoever is in front does not serve it and asks for it again and again",
  },
  "bad-config": {
    status: 500,
    cacheSeconds: 0,
    title: "The configuration has mistakes",
    when: "the settings have mistakes; commands end with exit code 2",
  },
}

/** Seconds after which a refused request is worth repeating (`Retry-After` of `busy`). */
export const RETRY_AFTER_SECONDS = 2

interface Public {
  readonly detail: string
  readonly hint?: string | undefined
}

/** The one error class. Compare `code`; `instanceof` fails across two copies of the package. */
export class TailorError extends Error {
  override readonly name = "TailorError"
  readonly code: ErrorCode
  readonly status: number
  /** What was wrong, for whoever sent the request. */
  readonly detail: string
  /** What would be right, or what to do. */
  readonly hint: string | undefined
  /** Whether an operator should hear of it: ours rather than the request's or the file's. */
  readonly report: boolean

  constructor(
    code: ErrorCode,
    { detail, hint }: Public,
    { cause, internal }: { cause?: unknown; internal?: string } = {},
  ) {
    super(internal ?? (hint ? `${detail} ${hint}` : detail), cause === undefined ? undefined : { cause })
    this.code = code
    this.status = ERRORS[code].status
    this.detail = detail
    this.hint = hint
    this.report = this.status >= 500 && code !== "busy"
  }
}

/** The code of anything thrown, where it is one of ours. */
export const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code in ERRORS
    ? (error.code as ErrorCode)
    : undefined

/** True for what `AbortSignal` throws when a client leaves: passed through, never reported. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError"

export const badUrl = (detail: string, hint?: string): TailorError => new TailorError("bad-url", { detail, hint })

/** What parsing an address refused (`sizes/` throws nothing), as an error. */
export const rejectedUrl = (refusal: {
  readonly refused: "bad-url" | "size-not-allowed" | "format-not-allowed" | "original-not-found"
  readonly detail: string
  readonly hint?: string
}): TailorError => new TailorError(refusal.refused, refusal)

export const methodNotAllowed = (method: string): TailorError =>
  new TailorError("method-not-allowed", { detail: expectedMethod(method) })

export const preconditionFailed = (): TailorError =>
  new TailorError("precondition-failed", {
    detail: "The rendition has another ETag, or is younger, than the request demands.",
  })

export const rangeNotSatisfiable = (bytes: number): TailorError =>
  new TailorError("range-not-satisfiable", { detail: `Expected a range within ${bytes} bytes.` })

export const originalNotFound = (original: string): TailorError =>
  new TailorError("original-not-found", { detail: `No original ${JSON.stringify(original)} was found.` })

export const unsupportedOriginal = (what: string, hint: string, cause?: unknown): TailorError =>
  new TailorError(
    "unsupported-original",
    { detail: `The original is ${what}, which is not decoded here.`, hint },
    { cause },
  )

/** For stores: an object is longer than was asked for. Both are shown, so they carry their units. */
export const originalTooLarge = (found: string, limit: string): TailorError =>
  new TailorError("original-too-large", { detail: `The original has ${found}; the limit is ${limit}.` })

export const corruptOriginal = (cause: unknown): TailorError =>
  new TailorError(
    "corrupt-original",
    { detail: "The original is damaged or cut off: it does not decode as a whole.", hint: "Upload it again." },
    { cause, internal: `corrupt original: ${cause instanceof Error ? cause.message : String(cause)}` },
  )

const BUSY = {
  queue: "Too many renditions are waiting to be made.",
  deadline: "The rendition was not ready within the deadline.",
  writing: "The original is being written at this moment.",
  left: "The client left before the rendition was ready.",
} as const

export const busy = (why: keyof typeof BUSY): TailorError =>
  new TailorError("busy", {
    detail: BUSY[why],
    hint: `Try again in ${RETRY_AFTER_SECONDS} seconds.`,
  })

export const renderFailed = (cause: unknown): TailorError =>
  new TailorError(
    "render-failed",
    { detail: "The rendition could not be made." },
    { cause, internal: `render failed: ${String(cause)}` },
  )

export const internalError = (cause: unknown): TailorError =>
  new TailorError(
    "internal",
    { detail: "Something went wrong on our side." },
    { cause, internal: `internal error: ${String(cause)}` },
  )

/** For stores: reading failed, for another reason than absence. */
export const storeUnavailable = (store: string, key: string, cause: unknown): TailorError =>
  new TailorError(
    "store-unavailable",
    { detail: "A store did not answer." },
    { cause, internal: `${store}: ${JSON.stringify(key)}: ${String(cause)}` },
  )

/** For stores: a signature, key or token was refused, or an action denied. */
export const storeDenied = (store: string, key: string, cause: unknown): TailorError =>
  new TailorError(
    "store-denied",
    { detail: "A store refused us." },
    { cause, internal: `${store}: ${JSON.stringify(key)}: ${String(cause)}` },
  )

export const redirectLoop = (key: string): TailorError =>
  new TailorError("redirect-loop", {
    detail: `${JSON.stringify(key)} has been stored for a while, but requests for it still arrive here.`,
    hint: "What is in front must ask the bucket first, and must not cache redirects.",
  })

/** @param problems every mistake found, each a sentence that names the setting, what was found and what would be right. */
export const badConfig = (problems: readonly string[]): TailorError =>
  new TailorError("bad-config", {
    detail: `The configuration has ${problems.length === 1 ? "a mistake" : `${problems.length} mistakes`}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  })

/** A command's optional part is not there. @param what was looked for, @param packages that bring it */
export const notInstalled = (what: string, packages: string): TailorError =>
  new TailorError("bad-config", {
    detail: `${what} was not found.`,
    hint: `Install it beside imgtailor: npm install ${packages}`,
  })

/**
 * Responsible for every error that imgtailor reports: the error class, and one function for each kind of error.
 *
 * Invariants:
 * - Callers compare `code`, never text.
 * - `detail` and `hint` are public and go into the response. `message`, `cause` and the stack never leave the process.
 */
import { type ErrorCode, ERRORS, RETRY_AFTER_SECONDS } from "./error-codes.ts"
import { expectedMethod } from "./refusals.ts"

interface PublicText {
  readonly detail: string
  readonly hint?: string | undefined
}

interface PrivateDetails {
  readonly cause?: unknown
  /** `message` of the error, where the log should have more than the public text. */
  readonly internal?: string
  readonly rememberMs?: number | undefined
}

/**
 * The one error class, also across entry points and copies of the package.
 * @example
 * try {
 *   await tailor.purge("../x")
 * } catch (error) {
 *   if (error instanceof Error && "code" in error && error.code === "bad-url") console.log(error.message)
 * }
 */
export class TailorError extends Error {
  /** An error of another copy of the package, or of the bundled command line, is an instance, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return codeOf(value) !== undefined && (value as Error).name === "TailorError"
  }

  override readonly name = "TailorError"
  readonly code: ErrorCode
  /** HTTP status of the response. */
  readonly status: number
  /** The error in one sentence. Public: part of the response. */
  readonly detail: string
  /** The expected form, or what to do. Public: part of the response. */
  readonly hint: string | undefined
  /** True where the log should have the cause: it is on the server's side, or an original exists but cannot be read. */
  readonly report: boolean
  /**
   * How long the error holds for the same version of its original, in milliseconds.
   * @default undefined, as long as the original has this version
   */
  readonly rememberMs: number | undefined

  constructor(code: ErrorCode, { detail, hint }: PublicText, { cause, internal, rememberMs }: PrivateDetails = {}) {
    super(internal ?? (hint ? `${detail} ${hint}` : detail), cause === undefined ? undefined : { cause })
    this.code = code
    this.status = ERRORS[code].status
    this.detail = detail
    this.hint = hint
    this.report = code === "original-not-found" ? cause !== undefined : this.status >= 500 && code !== "busy"
    this.rememberMs = rememberMs
  }
}

/** The code of a thrown value, or undefined where it is not an error of imgtailor. */
export const codeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code in ERRORS
    ? (error.code as ErrorCode)
    : undefined

/** True for the error that `AbortSignal` throws when a client disconnects. It is passed on and never reported. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError"

/**
 * True for an error that the same work on the same original would cause again: its bytes, or the request, are at fault.
 * A missing original is not permanent, since it may be uploaded.
 */
export const isPermanent = (error: unknown): error is TailorError =>
  error instanceof TailorError && error.status < 500 && error.code !== "original-not-found"

/** A chain of causes may be circular. */
const MAX_CAUSES = 8

const messageOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error))

/** The messages of an error and its causes in one line, each once. */
export const describeError = (error: unknown): string => {
  const messages: string[] = []
  let at = error
  for (let depth = 0; at !== undefined && depth < MAX_CAUSES; depth++) {
    const message = messageOf(at)
    if (!messages.some((earlier) => earlier.includes(message))) messages.push(message)
    at = at instanceof Error ? at.cause : undefined
  }
  return messages.join(": ")
}

export const badUrl = (detail: string, hint?: string): TailorError => new TailorError("bad-url", { detail, hint })

/** The error for a URL that was rejected while it was parsed (`sizes/` throws nothing). */
export const rejectedUrl = (refusal: {
  readonly refused: "bad-url" | "size-not-allowed" | "format-not-allowed" | "original-not-found"
  readonly detail: string
  readonly hint?: string
}): TailorError => new TailorError(refusal.refused, refusal)

export const methodNotAllowed = (method: string): TailorError =>
  new TailorError("method-not-allowed", { detail: expectedMethod(method) })

export const preconditionFailed = (): TailorError =>
  new TailorError("precondition-failed", {
    detail: "The rendition does not match If-Match, or changed after If-Unmodified-Since.",
  })

export const rangeNotSatisfiable = (byteLength: number): TailorError =>
  new TailorError("range-not-satisfiable", { detail: `Expected a range within ${byteLength} bytes.` })

/** A name that ends in an output format only, like `mug.webp`: often meant as the WebP of `mug.jpg`. */
const FORMAT_ONLY = /^(?:.*\/)?([^/.]+)\.(webp|avif)$/i

/** @param cause why an original that may exist cannot be used, for the log */
export const originalNotFound = (original: string, cause?: unknown): TailorError => {
  const [, name, format] = FORMAT_ONLY.exec(original) ?? []
  const hint = name && `The format follows the whole file name, for example ${name}.jpg.${format}.`
  return new TailorError(
    "original-not-found",
    { detail: `No original ${JSON.stringify(original)} was found.`, hint },
    { cause },
  )
}

/** @param found the kind of file, with an article: "a PDF" */
export const unsupportedOriginal = (found: string, hint: string, cause?: unknown): TailorError =>
  new TailorError(
    "unsupported-original",
    { detail: `The original is ${found}, which is not supported.`, hint },
    { cause },
  )

/**
 * For stores: an object exceeds the limit of the call. Both parameters are shown, so they include their units.
 * @example
 * throw originalTooLarge("120000000 bytes", "100000000 bytes")
 */
export const originalTooLarge = (found: string, limit: string): TailorError =>
  new TailorError("original-too-large", { detail: `The original has ${found}; the limit is ${limit}.` })

/**
 * Rendering was stopped because it exceeded its own limit, independent of the load on the machine.
 * @param limit the limit with its unit: "512 MB of memory"
 * @param rememberMs see {@link TailorError.rememberMs}
 */
export const originalTooCostly = (limit: string, cause: unknown, rememberMs?: number): TailorError =>
  new TailorError(
    "original-too-large",
    { detail: `Rendering the original takes more than the limit of ${limit}.` },
    { cause, rememberMs },
  )

export const corruptOriginal = (cause: unknown): TailorError =>
  new TailorError(
    "corrupt-original",
    { detail: "The original is damaged or truncated and cannot be decoded completely.", hint: "Upload it again." },
    { cause, internal: `corrupt original: ${cause instanceof Error ? cause.message : String(cause)}` },
  )

const BUSY = {
  queue: "The render queue is full.",
  deadline: "The rendition was not ready within the deadline.",
  writing: "The original is being written.",
  left: "The client disconnected before the rendition was ready.",
  memory: "There is not enough memory for the render at present.",
  time: "The render took too long under the present load.",
  processes: "No render process can be started at present.",
  shutdown: "The server is shutting down.",
} as const

/**
 * @param reason a key of the table above; "left": the client disconnected
 * @param cause for the log
 */
export const busy = (reason: keyof typeof BUSY, cause?: unknown): TailorError =>
  new TailorError("busy", { detail: BUSY[reason], hint: `Try again in ${RETRY_AFTER_SECONDS} seconds.` }, { cause })

export const renderFailed = (cause: unknown): TailorError =>
  new TailorError(
    "render-failed",
    { detail: "The rendition could not be rendered." },
    { cause, internal: `render failed: ${String(cause)}` },
  )

export const internalError = (cause: unknown): TailorError =>
  new TailorError(
    "internal",
    { detail: "An internal error occurred." },
    { cause, internal: `internal error: ${String(cause)}` },
  )

/**
 * For stores: an operation failed for another reason than absence.
 * @param store name of the store, for the log
 * @example
 * throw storeUnavailable("mystore", key, error)
 */
export const storeUnavailable = (store: string, key: string, cause: unknown): TailorError =>
  new TailorError(
    "store-unavailable",
    { detail: "A store is unavailable." },
    { cause, internal: `${store}: ${JSON.stringify(key)}: ${String(cause)}` },
  )

/**
 * For stores: the credentials were rejected, or the action was denied.
 * @param store name of the store, for the log
 * @example
 * if (response.status === 403) throw storeDenied("mystore", key, "403 Forbidden")
 */
export const storeDenied = (store: string, key: string, cause: unknown): TailorError =>
  new TailorError(
    "store-denied",
    { detail: "A store denied access." },
    { cause, internal: `${store}: ${JSON.stringify(key)}: ${String(cause)}` },
  )

/** The error at the root of a server. @param example URL path of a rendition, if an original is known */
export const noImage = ({
  basePath,
  example,
  sizes,
}: {
  readonly basePath: string
  readonly example: string | undefined
  readonly sizes: readonly string[]
}): TailorError =>
  new TailorError("no-image", {
    detail: `There is no image at ${basePath}/. The URL of an image is the path of its original with a size before the file name: ${basePath}/<folder>/<size>/<file>.`,
    hint: `${example === undefined ? "" : `Try ${example}. `}Sizes: ${sizes.join(", ")}.`,
  })

export const redirectLoop = (key: string): TailorError =>
  new TailorError("redirect-loop", {
    detail: `${JSON.stringify(key)} has been stored for a while, but the CDN still requests it from the function.`,
    hint: "Configure the CDN to try the bucket first, and not to cache redirects.",
  })

/** @param problems every mistake found, each a sentence with the setting, its value and the expected form */
export const badConfig = (problems: readonly string[]): TailorError =>
  new TailorError("bad-config", {
    detail: `The configuration has ${problems.length === 1 ? "a mistake" : `${problems.length} mistakes`}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
  })

/** An optional package is missing. @param what needs it @param packages to install */
export const notInstalled = (what: string, packages: string): TailorError =>
  new TailorError("bad-config", {
    detail: `${what} was not found.`,
    hint: `Install it beside imgtailor: npm install ${packages}`,
  })

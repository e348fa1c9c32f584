/** Responsible for failures of the image library: whether the original is damaged, not supported, or fine and the failure ours. */
import { codeOf, corruptOriginal, renderFailed, unsupportedOriginal } from "../errors.ts"

/** What to do about files that are not decoded. */
export const CONVERT = "Convert it to JPEG, PNG, WebP, AVIF, GIF or TIFF and upload that."

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "")

/** True where libvips ran out of a resource. It also reports a GIF frame beyond 65535 pixels as "out of memory". */
const isOurs = (message: string): boolean =>
  /out of memory|unable to (?:allocate|malloc)|no space left/i.test(message) &&
  !message.includes("bad image dimensions")

/** Messages of the decoders about codings that were not built in, or that they do not know. */
const UNDECODED =
  /not configured|not implemented|unsupported (?:jpeg data precision|marker type|color conversion|feature)|not a whole number of bytes|samples out of range|bad labq format/i

/** Whether a message is about a coding, rather than about damage. */
export const isUndecoded = (error: unknown): boolean => UNDECODED.test(messageOf(error))

/**
 * The error with a code for a failure that an original's bytes can cause.
 * @param kind of the original, for example "JPEG"
 */
export const toRenderError = (error: unknown, kind: string): Error => {
  if (error instanceof Error && codeOf(error)) return error
  if (isOurs(messageOf(error))) return renderFailed(error)
  return isUndecoded(error)
    ? unsupportedOriginal(`a ${kind} in a coding that is not decoded`, CONVERT, error)
    : corruptOriginal(error)
}

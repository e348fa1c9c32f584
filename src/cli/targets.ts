/** Responsible for the arguments of commands that name originals: a single key, or a prefix for all originals under it. */
import type { OpenTailor } from "../create-tailor.ts"
import { describeError, TailorError } from "../errors.ts"
import { imageKeyOf, type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { notAnOriginal } from "./options.ts"

/** Options of a listing. */
export interface ListTargetOptions {
  /** Originals up to this key are left out. */
  readonly after?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Receives a sentence about everything that is skipped. */
  readonly onSkip: (message: string) => void
}

/** One argument: a single original, or all originals that start with a prefix. */
export type Target = { readonly original: OriginalKey } | { readonly prefix: string }

/** @throws {bad-url} if the text is neither a key nor a prefix */
export const parseTarget = (text: string): Target => {
  if (text === "/") return { prefix: "" }
  const key = toOriginalKey(text.replace(/\/$/, ""))
  if (key === undefined) throw notAnOriginal(text, "an original like shop/photo.jpg or a folder like shop/")
  return text.endsWith("/") ? { prefix: text } : { original: key }
}

/** Keys of all images under a prefix. Folders that cannot be listed are skipped. */
export async function* originalsUnder(
  { originals, core }: OpenTailor,
  prefix: string,
  { onSkip, signal, after }: ListTargetOptions,
): AsyncGenerator<OriginalKey> {
  let isEmpty = true
  try {
    for await (const text of originals.list(prefix, { onSkip, signal, after })) {
      const key = imageKeyOf(text, core.grammar)
      if (key === undefined) continue
      isEmpty = false
      yield key
    }
    if (isEmpty && prefix !== "" && after === undefined) onSkip(`No images found under ${JSON.stringify(prefix)}.`)
  } catch (error) {
    if (!(error instanceof TailorError)) throw error
    onSkip(`${prefix || "/"} cannot be listed: ${describeError(error)}`)
  }
}

/** Responsible for the errors of files whose structure exceeds a limit. Each limit is a constant of its format's module, with a reason. */
import { originalTooLarge, type TailorError } from "../../errors.ts"

/** Metadata of all kinds in one file: EXIF, XMP, profiles, texts. Decoders copy them while they read the header. */
const MAX_METADATA_BYTES = 20_000_000

/** @param things their name in the plural, for example "PNG chunks" */
export const tooMany = (limit: number, things: string): TailorError =>
  originalTooLarge(`more than ${limit} ${things}`, `${limit} ${things}`)

/** @throws {original-too-large} */
export const checkMetadata = (byteLength: number): void => {
  if (byteLength > MAX_METADATA_BYTES)
    throw originalTooLarge(`${byteLength} bytes of metadata`, `${MAX_METADATA_BYTES} bytes`)
}

/** Responsible for renditions with a limit in bytes, for mails and marketplaces: the highest quality that fits. */
import { type Format, LOSSY_FORMATS, type LossyFormat } from "../sizes/format.ts"
import { DEFAULT_MIN_QUALITY } from "../sizes/size-options.ts"
import { type EncodeJob, ENCODERS } from "./encode.ts"
import { type Encoded, encodeWithin, type MakeInput } from "./weight.ts"

/** The limit of a size. */
export interface ByteLimit {
  readonly maxBytes: number
  /** 1 to 100. @default 40 */
  readonly minQuality?: number | undefined
}

/** A rendition to be encoded. */
interface FitJob {
  readonly format: Format
  readonly encode: EncodeJob
}

const isLossy = (format: Format): format is LossyFormat => LOSSY_FORMATS.some((lossy) => lossy === format)

/**
 * Encodes in the highest quality that fits. An image that does not fit in the lowest quality is sent in that; a format without quality is
 * encoded with more effort and fewer colours.
 */
export const encodeToFit = async (
  makeInput: MakeInput,
  { format, encode }: FitJob,
  { maxBytes, minQuality = DEFAULT_MIN_QUALITY }: ByteLimit,
): Promise<Encoded> => {
  if (!isLossy(format)) return encodeWithin(makeInput, { format, encode }, maxBytes)
  const encodeIn = async (quality: number): Promise<Encoded> => {
    const job = { ...encode, quality: { ...encode.quality, [format]: quality } }
    return { bytes: await ENCODERS[format].encode(await makeInput(format), job), format }
  }
  const lowest = Math.min(minQuality, encode.quality[format])
  let best = await encodeIn(lowest)
  if (best.bytes.length > maxBytes) return best
  let [low, high] = [lowest + 1, encode.quality[format]]
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const attempt = await encodeIn(middle)
    if (attempt.bytes.length <= maxBytes) {
      best = attempt
      low = middle + 1
    } else high = middle - 1
  }
  return best
}

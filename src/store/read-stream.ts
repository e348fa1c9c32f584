/** Responsible for reading a stream of an SDK whole. */
import { originalTooLarge } from "../errors.ts"

/**
 * The bytes of a stream.
 * @param length declared length; a stream that ends before it has lost a part
 * @throws {original-too-large} more than `maxBytes`
 * @throws the signal's reason, and an error with the code `ERR_SHORT_BODY`
 */
export const readStream = async (
  stream: NodeJS.ReadableStream & { readonly destroy?: (error?: Error) => void },
  length: number,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> => {
  const stop = (): void => stream.destroy?.(signal.reason as Error)
  signal.addEventListener("abort", stop, { once: true })
  try {
    if (length > maxBytes) throw originalTooLarge(`${length} bytes`, `${maxBytes} bytes`)
    const chunks: Buffer[] = []
    let byteLength = 0
    for await (const chunk of stream) {
      const piece = chunk as Buffer
      chunks.push(piece)
      byteLength += piece.length
      if (byteLength > maxBytes) throw originalTooLarge(`more than ${maxBytes} bytes`, `${maxBytes} bytes`)
    }
    if (byteLength !== length)
      throw Object.assign(new Error(`received ${byteLength} of ${length} bytes`), { code: "ERR_SHORT_BODY" })
    return Buffer.concat(chunks, byteLength)
  } finally {
    signal.removeEventListener("abort", stop)
    stream.destroy?.()
  }
}

/** Responsible for fetching the description of each original once while a page is built: a `<picture>` needs it for all its formats. */
import type { Info } from "../sizes/info.ts"

/** Short, so that pages rendered on demand soon use a changed original. */
const MAX_AGE_MS = 60_000

/** True if the server rejected the request for good, like that for a photo that is missing or cannot be decoded. */
export const isRejected = ({ cause }: Error): boolean => {
  const status = cause instanceof Error ? Number(cause.cause) : Number.NaN
  return status >= 400 && status < 500
}

/**
 * A function that fetches descriptions and caches them for a minute. Errors are not cached.
 * @throws {Error} with the original's key, if the server rejects the request or cannot be reached
 */
export const cacheInfo = (fetchInfo: (original: string) => Promise<Info>): ((original: string) => Promise<Info>) => {
  const cached = new Map<string, { readonly expiresMs: number; readonly info: Promise<Info> }>()
  const load = async (original: string): Promise<Info> => {
    try {
      return await fetchInfo(original)
    } catch (error) {
      cached.delete(original)
      const { message, cause } = error as Error
      const reason = cause instanceof Error ? String(cause) : message
      throw new Error(`Could not fetch info of ${original}: ${reason}`, { cause: error })
    }
  }
  return (original) => {
    // A map keeps the order of insertion, so the oldest entries come first.
    for (const [key, { expiresMs }] of cached) {
      if (expiresMs > Date.now()) break
      cached.delete(key)
    }
    const entry = cached.get(original) ?? { expiresMs: Date.now() + MAX_AGE_MS, info: load(original) }
    cached.set(original, entry)
    return entry.info
  }
}

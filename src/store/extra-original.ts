/** Responsible for one more original, which is a file of the configuration: the placeholder for missing pictures. */
import { createHash } from "node:crypto"

import type { Originals, OriginalStat } from "./store.ts"

/** The same originals, and one more. It is not listed. @param bytes undefined if it is an ordinary original */
export const withExtraOriginal = (
  store: Originals,
  extra: { readonly key: string; readonly bytes?: Uint8Array | undefined } | undefined,
): Originals => {
  if (!extra?.bytes) return store
  const { key: extraKey, bytes } = extra
  const version = createHash("sha256").update(bytes).digest("hex")
  const stat: OriginalStat = { version, byteLength: bytes.length, isStable: true }
  return {
    name: store.name,
    list: (prefix, options) => store.list(prefix, options),
    isGone: async (key, options) => (key === extraKey ? false : (store.isGone?.(key, options) ?? false)),
    check: async (options) => store.check?.(options),
    headSync: (key) => (key === extraKey ? stat : store.headSync?.(key)),
    head: async (key, options) => (key === extraKey ? stat : store.head(key, options)),
    get: async (key, options) => (key === extraKey ? { stat, bytes } : store.get(key, options)),
  }
}

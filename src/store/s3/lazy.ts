/** The S3 stores, loaded with the first call: who keeps photos in folders never loads them. */
import type { Originals, Renditions } from "../store.ts"
import type { S3Options } from "./options.ts"
import { keyLimitsOf, normalisePrefix } from "./place.ts"
import type { S3RenditionsOptions } from "./s3.ts"

const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

/** Like {@link s3Originals}; what is wrong with the options is told by the first call. */
export const lazyS3Originals = (options: S3Options): Originals => {
  const open = once(async () => (await import("./s3.ts")).s3Originals(options))
  return {
    name: "s3",
    head: async (key, callOptions) => (await open()).head(key, callOptions),
    get: async (key, getOptions) => (await open()).get(key, getOptions),
    async *list(prefix, listOptions) {
      yield* (await open()).list(prefix, listOptions)
    },
  }
}

/** Like {@link s3Renditions}; what is wrong with the options is told by the first call. */
export const lazyS3Renditions = (options: S3RenditionsOptions): Renditions => {
  const open = once(async () => (await import("./s3.ts")).s3Renditions(options))
  return {
    name: "s3",
    keyLimits: keyLimitsOf({ bucket: options.bucket, prefix: normalisePrefix(options.prefix ?? "") ?? "" }),
    head: async (key, callOptions) => (await open()).head(key, callOptions),
    get: async (key, callOptions) => (await open()).get(key, callOptions),
    put: async (key, bytes, meta, callOptions) => (await open()).put(key, bytes, meta, callOptions),
    delete: async (keys, callOptions) => (await open()).delete(keys, callOptions),
    async *list(prefix, callOptions) {
      yield* (await open()).list?.(prefix, callOptions) ?? []
    },
  }
}

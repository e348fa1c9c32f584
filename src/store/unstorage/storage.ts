/** Responsible for the part of unstorage's interface that the stores use, and for what its drivers return. */
import { storeUnavailable } from "../../errors.ts"
import { toItem } from "./names.ts"

/** A storage of `unstorage`, as `createStorage` returns it. https://unstorage.unjs.io/guide */
export interface UnstorageLike {
  readonly getItemRaw: (key: string) => Promise<unknown>
  readonly setItemRaw: (key: string, value: Uint8Array) => Promise<void>
  readonly hasItem: (key: string) => Promise<boolean>
  readonly removeItem: (key: string) => Promise<void>
  readonly getKeys: (base?: string) => Promise<string[]>
  readonly getMeta: (key: string, options?: { readonly nativeOnly?: boolean }) => unknown
}

/** Errors of file systems for paths that no file has. The driver `fs` returns them as values. */
const ABSENT_CODES: ReadonlySet<unknown> = new Set(["ENOENT", "EISDIR", "ENOTDIR", "ENAMETOOLONG"])

const isAbsentError = (value: unknown): boolean =>
  value instanceof Error && "code" in value && ABSENT_CODES.has(value.code)

/** An item as bytes: drivers return buffers, views or texts. */
const toBytes = (value: unknown): Uint8Array | undefined => {
  if (value instanceof Uint8Array) return value
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  return typeof value === "string" ? Buffer.from(value) : undefined
}

/** Calls the storage. @throws {store-unavailable} */
export const useStorage = async <T>(key: string, act: () => T | Promise<T>): Promise<T> => {
  try {
    return await act()
  } catch (error) {
    throw storeUnavailable("unstorage", key, error)
  }
}

/** The bytes of an item; undefined if there is none. @throws {store-unavailable} */
export const readItem = async (storage: UnstorageLike, key: string): Promise<Uint8Array | undefined> => {
  const value = await useStorage<unknown>(key, () => storage.getItemRaw(toItem(key)))
  if (value === null || value === undefined || isAbsentError(value)) return undefined
  const bytes = toBytes(value)
  if (!bytes)
    throw storeUnavailable("unstorage", key, value instanceof Error ? value : `an item of type ${typeof value}`)
  return bytes
}

/** Responsible for the public entry `imgtailor/stores/unstorage`: originals and renditions in any driver of unstorage. */
import type { Originals, Renditions } from "../store.ts"
import { createOriginals } from "./originals.ts"
import { createRenditions } from "./renditions.ts"
import type { UnstorageLike } from "./storage.ts"

export type { UnstorageLike } from "./storage.ts"

/**
 * Both stores over a storage of `unstorage`. Use separate storages for originals and renditions, or `prefixStorage`. Set `recheckSeconds`
 * for originals on another machine.
 * @example
 * import { createStorage } from "unstorage"
 * import redisDriver from "unstorage/drivers/redis"
 *
 * const storage = createStorage({ driver: redisDriver({ url: "redis://127.0.0.1:6379", base: "renditions" }) })
 * createTailor({ originals: "photos", renditions: fromUnstorage(storage).renditions, sizes: ["360x270"] })
 */
export const fromUnstorage = (
  storage: UnstorageLike,
): { readonly originals: Originals; readonly renditions: Renditions } => ({
  originals: createOriginals(storage),
  renditions: createRenditions(storage),
})

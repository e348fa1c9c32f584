/** Responsible for a shop whose originals are watched, and whose stored files are looked at on the disk. */
import { join } from "node:path"

import { onTestFinished } from "vitest"

import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { type Watch, watchOriginals, type WatchTimes } from "../../src/server/watch.ts"
import { filesBelow, temporaryFolder } from "./folders.ts"
import { createPhotos, type Photos } from "./server.ts"

/** Sizes of the shop. */
export const SIZES: readonly string[] = ["60x40", "90w"]

/** Options of {@link openShop}. */
export interface ShopOptions {
  /** Folder of the originals. @default a new one */
  readonly folder?: string
  /** Time until the second pass, in milliseconds. @default 60000 */
  readonly longestRenderMs?: number
  readonly times?: Partial<WatchTimes>
}

export interface Shop extends Photos {
  readonly renditions: string
  readonly tailor: OpenTailor
  /** Renders and stores the renditions of URL paths. */
  readonly render: (...keys: readonly string[]) => Promise<void>
  /** Keys of the stored renditions. */
  readonly files: () => Promise<readonly string[]>
  readonly errors: readonly unknown[]
  readonly notices: readonly string[]
  /** Deletions that were reported. */
  readonly purged: readonly string[]
  /** Starts to watch. Resolves after the first sweep. */
  readonly watch: () => Promise<Watch>
}

/** Opens a shop without originals. */
export const openShop = async ({ folder, longestRenderMs = 60_000, times }: ShopOptions = {}): Promise<Shop> => {
  const photos = await createPhotos(folder)
  const renditions = await temporaryFolder()
  const tailor = openTailor(
    resolveConfig({ originals: photos.folder, renditions, sizes: SIZES, isolation: "none" }, environment()),
  )
  const errors: unknown[] = []
  const notices: string[] = []
  const purged: string[] = []
  return {
    ...photos,
    renditions,
    tailor,
    errors,
    notices,
    purged,
    render: async (...keys) => {
      for (const key of keys) {
        const { status } = await tailor.fetch(new Request(`http://localhost/${key}`))
        if (status !== 200) throw new Error(`Expected ${key} to be rendered, got ${status}`)
      }
      await tailor.idle()
    },
    files: () => filesBelow(join(renditions, "files")),
    watch: async () => {
      const watch = watchOriginals(tailor.core, {
        originals: photos.folder,
        renditions,
        longestRenderMs,
        onError: (error) => errors.push(error),
        onNotice: (text) => notices.push(text),
        onPurge: (original) => purged.push(original),
        ...(times && { times }),
      })
      onTestFinished(() => watch.close())
      await watch.ready
      await watch.settled()
      return watch
    },
  }
}

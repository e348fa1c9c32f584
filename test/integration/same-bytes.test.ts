/** Files whose metadata changes and whose bytes do not, on a real file system: their renditions stay, for requests and for deletions. */
import { chmod, chown, cp, link, mkdir, rename, utimes, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { type OriginalKey, toOriginalKey } from "../../src/sizes/key.ts"
import { isRoot, temporaryFolder } from "../support/folders.ts"
import { BLUE, flat, RED } from "../support/photos.ts"
import { createPhotos } from "../support/server.ts"

const NAMES = ["a.jpg", "b.jpg"]

/** A file is stable two seconds after its last change. */
const untilStable = (): Promise<unknown> => sleep(2100)

interface Server {
  readonly tailor: OpenTailor
  /** Outcomes of a request for each original. */
  readonly ask: () => Promise<readonly string[]>
}

const openServer = (originals: string, renditions: string): Server => {
  const outcomes: string[] = []
  const options = { originals, renditions, sizes: ["60x40"], isolation: "none", limits: { cacheBytes: 0 } } as const
  const tailor = openTailor(resolveConfig(options, environment()), {
    onRequest: ({ outcome }) => outcomes.push(outcome),
  })
  return {
    tailor,
    ask: async () => {
      outcomes.length = 0
      for (const name of NAMES) await tailor.fetch(new Request(`http://localhost/60x40/${name}`))
      await tailor.idle()
      return [...outcomes]
    },
  }
}

interface Shop extends Server {
  readonly folder: string
  readonly renditions: string
}

/** A server with a rendition of each original, all of them stable. */
const openShop = async (): Promise<Shop> => {
  const { folder, write } = await createPhotos()
  for (const name of NAMES) await write(name, await flat({ colour: RED }))
  // Node.js copies times in milliseconds, while files have nanoseconds.
  for (const name of NAMES) await utimes(join(folder, name), new Date(2000), new Date(2000))
  await untilStable()
  const renditions = await temporaryFolder()
  const server = openServer(folder, renditions)
  expect(await server.ask()).toEqual(["miss", "miss"])
  return { ...server, folder, renditions }
}

const keyOf = (name: string): OriginalKey => {
  const key = toOriginalKey(name)
  if (key === undefined) throw new Error("Expected a key.")
  return key
}

const each = async (folder: string, change: (path: string) => Promise<unknown>): Promise<void> => {
  for (const name of NAMES) await change(join(folder, name))
}

describe("files whose metadata changes", () => {
  const CHANGES: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
    "chmod -R": (folder) => each(folder, (path) => chmod(path, 0o600)),
    "hard links of a backup": async (folder) => {
      const backup = await temporaryFolder()
      await each(folder, (path) => link(path, join(backup, path.slice(folder.length + 1))))
    },
    "a copy to another place that keeps times": async (folder) => {
      const copy = join(await temporaryFolder(), "copy")
      await cp(folder, copy, { recursive: true, preserveTimestamps: true })
      await each(copy, (path) => rename(path, join(folder, path.slice(copy.length + 1))))
    },
    touch: (folder) => each(folder, (path) => utimes(path, new Date(0), new Date(1000))),
    ...(isRoot && { "chown -R": (folder: string) => each(folder, (path) => chown(path, 1, 1)) }),
  }

  /** The results by change. All at once, since each waits for files to become stable. */
  const afterEach = async <T>(play: (shop: Shop) => Promise<T>): Promise<Readonly<Record<string, T>>> => {
    const results = Object.entries(CHANGES).map(async ([name, change]) => {
      const shop = await openShop()
      await change(shop.folder)
      return [name, await play(shop)] as const
    })
    return Object.fromEntries(await Promise.all(results))
  }

  const all = <T>(value: T): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.keys(CHANGES).map((name) => [name, value]))

  it("files whose metadata changed have their renditions served as hits, before and after they are stable", async () => {
    const outcomes = await afterEach(async ({ ask }) => {
      const before = await ask()
      await untilStable()
      return [before, await ask(), await ask()]
    })
    const hits = ["hit", "hit"]
    expect(outcomes).toEqual(all([hits, hits, hits]))
  })

  it("files whose metadata changed keep their renditions in purges, and in sweeps unless the modification time differs", async () => {
    const deleted = await afterEach(async ({ tailor: { core } }) => {
      const purged = await Promise.all(NAMES.map((name) => core.purgeStale(keyOf(name))))
      return [...purged, await core.sweep("")]
    })
    // A sweep reads no original.
    expect(deleted).toEqual({ ...all([0, 0, 0]), touch: [0, 0, 2] })
  })

  it("two servers with copies of the same originals share their renditions", async () => {
    const { folder, renditions, ask } = await openShop()
    const copy = join(await temporaryFolder(), "copy")
    await mkdir(copy)
    await cp(folder, copy, { recursive: true, preserveTimestamps: true })
    await untilStable()
    const other = openServer(copy, renditions)
    for (let round = 0; round < 3; round++) {
      expect(await other.ask()).toEqual(["hit", "hit"])
      expect(await ask()).toEqual(["hit", "hit"])
    }
  })

  it("a file replaced by one with the same length and modification time is rendered again", async () => {
    const { folder, ask } = await openShop()
    const aside = await temporaryFolder()
    const bytes = await Promise.all([RED, BLUE].map((colour) => flat({ colour, format: "png" })))
    const length = Math.max(...bytes.map(({ length: own }) => own))
    // Bytes after the end of a PNG are ignored.
    const [red, blue] = bytes.map((png) => Buffer.concat([png, Buffer.alloc(length - png.length)]))
    const place = async (content: Uint8Array | undefined): Promise<void> => {
      for (const name of NAMES) {
        await writeFile(join(aside, name), content ?? "")
        await utimes(join(aside, name), new Date(1000), new Date(1000))
        await rename(join(aside, name), join(folder, name))
      }
    }
    await place(red)
    await untilStable()
    await ask()
    await place(blue)
    expect(await ask()).toEqual(["miss", "miss"])
  })
})

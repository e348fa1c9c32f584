/**
 * Faults of a watch: folders that are replaced, mounted over or cannot be watched, links, and more events than the system
 * holds. Only proved staleness deletes a file, and what cannot be watched is reported and swept.
 */
import { execFileSync } from "node:child_process"
import { link, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished, vi } from "vitest"

import { createDelayed } from "../../src/server/delayed.ts"
import { createPathEvents } from "../../src/server/path-events.ts"
import { createOverflow } from "../../src/server/watch-limits.ts"
import { watchOriginals } from "../../src/server/watch.ts"
import { temporaryFolder } from "../support/folders.ts"
import { BLUE, flat, GREEN, RED } from "../support/photos.ts"
import { startProcessWith } from "../support/process.ts"
import { createPhotos, send } from "../support/server.ts"
import { openShop, type Shop } from "../support/watched-shop.ts"

const isRoot = process.platform === "linux" && process.getuid?.() === 0

/** Files disappear within this time. */
const SOON = { timeout: 5000 }

/** Time in which a wrong deletion would have happened. */
const LONG_ENOUGH_MS = 500

/** Mounts an empty file system until the end of the test. */
const mount = (folder: string): (() => void) => {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", folder])
  let isMounted = true
  const unmount = (): void => {
    if (isMounted) execFileSync("umount", ["-l", folder])
    isMounted = false
  }
  onTestFinished(unmount)
  return unmount
}

describe("a folder that is replaced by another of the same name", () => {
  const openReplaced = async (): Promise<Shop> => {
    const shop = await openShop()
    for (const key of ["shop/a.jpg", "shop/deep/b.jpg", "other/c.jpg"])
      await shop.write(key, await flat({ colour: RED }))
    await shop.watch()
    await shop.render("shop/60x40/a.jpg", "shop/deep/60x40/b.jpg", "other/60x40/c.jpg")
    for (const key of ["shop.new/a.jpg", "shop.new/deep/b.jpg"]) await shop.write(key, await flat({ colour: GREEN }))
    await rename(join(shop.folder, "shop"), join(shop.folder, "shop.old"))
    await rename(join(shop.folder, "shop.new"), join(shop.folder, "shop"))
    return shop
  }

  it("leaves no stale file", async () => {
    const shop = await openReplaced()
    await expect.poll(shop.files, SOON).toEqual(["other/60x40/c.jpg"])
  })

  it("is watched itself, at every depth", async () => {
    const shop = await openReplaced()
    await expect.poll(shop.files, SOON).toEqual(["other/60x40/c.jpg"])
    await shop.render("shop/60x40/a.jpg", "shop/deep/60x40/b.jpg")
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    await shop.write("shop/deep/b.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, SOON).toEqual(["other/60x40/c.jpg"])
    expect(shop.errors).toEqual([])
  })
})

describe.skipIf(!isRoot)("a file system", () => {
  const times = { verifyMs: 200 }

  it("that is mounted over the originals is noticed and watched", async () => {
    const shop = await openShop({ times })
    await shop.write("a.jpg", await flat({ colour: RED }))
    await shop.watch()
    mount(shop.folder)
    await shop.write("b.jpg", await flat({ colour: GREEN }))
    await sleep(LONG_ENOUGH_MS)
    await shop.render("60x40/b.jpg")
    await shop.write("b.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, SOON).toEqual([])
  })

  it("that disappears deletes nothing, and is watched again when it is back", async () => {
    const folder = await temporaryFolder()
    const unmount = mount(folder)
    const shop = await openShop({ folder, times })
    await shop.write("shop/a.jpg", await flat({ colour: RED }))
    const watch = await shop.watch()
    await shop.render("shop/60x40/a.jpg")
    unmount()
    await sleep(LONG_ENOUGH_MS)
    await watch.settled()
    expect(await shop.files()).toEqual(["shop/60x40/a.jpg"])
    mount(folder)
    await shop.write("shop/a.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, SOON).toEqual([])
  })

  it("that disappears below the originals deletes nothing", async () => {
    const shop = await openShop({ times })
    await mkdir(join(shop.folder, "shop"))
    const unmount = mount(join(shop.folder, "shop"))
    for (const key of ["shop/deep/a.jpg", "b.jpg"]) await shop.write(key, await flat({ colour: RED }))
    const watch = await shop.watch()
    await shop.render("shop/deep/60x40/a.jpg", "60x40/b.jpg")
    unmount()
    await sleep(LONG_ENOUGH_MS)
    await watch.settled()
    expect(await shop.files()).toEqual(["60x40/b.jpg", "shop/deep/60x40/a.jpg"])
  })
})

describe("a photo behind a link", () => {
  const openLinked = async (): Promise<Shop> => {
    const shop = await openShop()
    await shop.write("real/deep/x.jpg", await flat({ colour: RED }))
    await shop.write("other.jpg", await flat({ colour: RED }))
    await symlink("real/deep/x.jpg", join(shop.folder, "file.jpg"))
    await symlink("real", join(shop.folder, "folder"))
    await symlink("../folder", join(shop.folder, "real", "loop"))
    return shop
  }

  it("has its stale files deleted when it is replaced, by each of its names", async () => {
    const shop = await openLinked()
    await shop.watch()
    await shop.render("60x40/file.jpg", "folder/deep/60x40/x.jpg", "real/deep/60x40/x.jpg", "60x40/other.jpg")
    await shop.write("real/deep/x.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, SOON).toEqual(["60x40/other.jpg"])
    expect([shop.errors, shop.notices]).toEqual([[], []])
  })

  it("has its stale files deleted when it is removed, by each of its names", async () => {
    const shop = await openLinked()
    await shop.watch()
    await shop.render("60x40/file.jpg", "folder/deep/60x40/x.jpg", "60x40/other.jpg")
    await rm(join(shop.folder, "real"), { recursive: true })
    await expect.poll(shop.files, SOON).toEqual(["60x40/other.jpg"])
  })

  it("has its stale files deleted when the link leads elsewhere, or is created later", async () => {
    const shop = await openLinked()
    await shop.watch()
    await symlink("real/deep/x.jpg", join(shop.folder, "late.jpg"))
    await sleep(200)
    await shop.render("60x40/late.jpg", "60x40/file.jpg")
    await shop.write("real/deep/y.jpg", await flat({ colour: GREEN, width: 90 }))
    await symlink("real/deep/y.jpg", join(shop.folder, "file.new"))
    await rename(join(shop.folder, "file.new"), join(shop.folder, "file.jpg"))
    await expect.poll(shop.files, SOON).toEqual(["60x40/late.jpg"])
    await shop.write("real/deep/x.jpg", await flat({ colour: BLUE }))
    await expect.poll(shop.files, SOON).toEqual([])
  })
})

describe("a change that no event reports", () => {
  it("is found by a sweep from time to time", async () => {
    const shop = await openShop({ times: { verifyMs: 100, sweepMs: 300 } })
    const outside = await temporaryFolder()
    await shop.write("a.jpg", await flat({ colour: RED }))
    await link(join(shop.folder, "a.jpg"), join(outside, "a.jpg"))
    const watch = await shop.watch()
    await shop.render("60x40/a.jpg")
    // By another name of the same file, outside the watched folder.
    await writeFile(join(outside, "a.jpg"), await flat({ colour: BLUE, width: 80 }))
    await expect.poll(shop.files, SOON).toEqual([])
    expect(watch.state()).toMatchObject({ folders: 1, watched: 1, problem: undefined })
    expect(watch.state().lastSweepMs).toBeGreaterThan(Date.now() - 10_000)
  })
})

describe("many events", () => {
  it("of one path within a moment are handled once", async () => {
    const handled: string[] = []
    const { signal } = new AbortController()
    const events = createPathEvents({ coalesceMs: 30, handle: async (path) => void handled.push(path), signal })
    for (let count = 0; count < 100; count++) for (const path of ["a", "b"]) events.add(path)
    await events.settled()
    events.add("a")
    await events.settled()
    expect(handled).toEqual(["a", "b", "a"])
  })

  it("in one turn of the event loop mean that some may be missing", async () => {
    let overflows = 0
    const onEvent = createOverflow(() => (overflows += 1), 10)
    for (let count = 0; count < 9; count++) onEvent()
    await sleep(5)
    expect(overflows).toBe(0)
    for (let count = 0; count < 10; count++) onEvent()
    await sleep(5)
    expect(overflows).toBe(1)
  })

  it("in a tree of many folders delete every stale file", { timeout: 60_000 }, async () => {
    const shop = await openShop()
    const photo = await flat({ colour: RED })
    for (let at = 0; at < 2000; at++) await mkdir(join(shop.folder, `f${at % 40}`, `g${at}`), { recursive: true })
    for (let at = 0; at < 300; at++) await shop.write(`shop/${at}.jpg`, photo)
    const watch = await shop.watch()
    expect(watch.state().folders).toBe(2042)
    await shop.render("shop/60x40/7.jpg")
    const replaced = await flat({ colour: BLUE })
    for (let at = 0; at < 300; at++) await shop.write(`shop/${at}.jpg`, replaced)
    await expect.poll(shop.files, SOON).toEqual([])
    await watch.settled()
    expect(shop.errors).toEqual([])
  })
})

describe("second passes", () => {
  it("come a fixed time after the last change of each path", async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const runs: string[] = []
    const delayed = createDelayed<number>(60, (name, value) => runs.push(`${name}${value}`))
    delayed.add("a", 1)
    delayed.add("b", 1)
    vi.advanceTimersByTime(30)
    delayed.add("a", 2)
    vi.advanceTimersByTime(59)
    expect(runs).toEqual(["b1"])
    vi.advanceTimersByTime(1)
    expect(runs).toEqual(["b1", "a2"])
    delayed.add("c", 1)
    delayed.clear()
    vi.advanceTimersByTime(100)
    expect(runs).toEqual(["b1", "a2"])
  })
})

describe("closing a watch", () => {
  it("ends a sweep that is running", async () => {
    const shop = await openShop()
    for (let at = 0; at < 400; at++) await shop.write(`${at}.jpg`, await flat({ width: 8, height: 8 }))
    await shop.render(...Array.from({ length: 400 }, (_, at) => `60x40/${at}.jpg`))
    let sweeps = 0
    const { core } = shop.tailor
    const watch = watchOriginals(
      {
        ...core,
        sweep: async (prefix, options) => {
          sweeps += 1
          return core.sweep(prefix, options)
        },
      },
      { originals: shop.folder, renditions: shop.renditions, longestRenderMs: 60_000, onError: () => {} },
    )
    await watch.ready
    await watch.close()
    expect([sweeps, watch.state().lastSweepMs]).toEqual([1, undefined])
  })
})

/** Sets a limit of the system's watches in a separate user namespace. */
const namespace = (limit: string, value: number): readonly string[] => [
  "unshare",
  "--user",
  "--map-root-user",
  "sh",
  "-c",
  `echo ${value} > /proc/sys/user/${limit} && exec "$0" "$@"`,
]

const canUnshare = ((): boolean => {
  try {
    execFileSync("unshare", ["--user", "--map-root-user", "test", "-w", "/proc/sys/user/max_inotify_watches"])
    return true
  } catch {
    return false
  }
})()

describe.skipIf(!canUnshare)("a system without enough watches", () => {
  it.each([
    ["max_inotify_watches", 5, "fs.inotify.max_user_watches"],
    ["max_inotify_instances", 0, "fs.inotify.max_user_instances"],
  ])("is reported by the log and the health check: %s", async (limit, value, setting) => {
    const photos = await createPhotos()
    for (let at = 0; at < 12; at++) await photos.write(`folder${at}/a.jpg`, await flat())
    const { port, log, end } = await startProcessWith(
      { wrapper: namespace(limit, value) },
      photos.folder,
      "--sizes",
      "60x40",
      "--renditions",
      await temporaryFolder(),
      "--watch",
    )
    await expect.poll(log, SOON).toContain(setting)
    expect(log()).toMatch(new RegExp(`"level":40,"time":\\d+,"msg":"Watching ${value} of 13 folders`))
    const { status, text } = await send(port, "/healthz")
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      {
        status: "degraded",
        problems: [`Watching ${value} of 13 folders.`],
        parts: { watch: { folders: 13, watched: value } },
      },
    ])
    expect((await send(port, "/readyz")).status).toBe(200)
    expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })
})

/** Tests the folder stores when disks, permissions, networks and links change: nothing counts as deleted without evidence, and all recovers. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import {
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises"
import { dirname, join } from "node:path"

import { describe, expect, it, onTestFinished, vi } from "vitest"

import { folderOriginals, folderRenditions } from "../../src/store/folder.ts"
import type { OriginalStat, RenditionMeta } from "../../src/store/store.ts"
import { filesBelow, isRoot, temporaryFolder } from "../support/folders.ts"
import { canMount, canMountFuse, mountFuse, mountTmpfs, unmount } from "../support/mounts.ts"

const UNAVAILABLE = { code: "store-unavailable" }
const NO_MOUNTS = "mounting file systems needs Linux and root"
const NOT_ROOT = "acting as another user needs root"

const fill = async (folder: string, ...keys: readonly string[]): Promise<void> => {
  for (const key of keys) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), `bytes of ${key}`)
  }
}

/** The root is looked at once a second. */
const WITHIN_SECONDS = { timeout: 5000 }

/** "present", "absent", or the message of the error. */
const outcomeOf = (looked: Promise<OriginalStat | undefined>): Promise<string> =>
  looked.then((found) => (found ? "present" : "absent"), String)

/** Runs as a user without privileges. */
const asNobody = async <T>(act: () => Promise<T>): Promise<T> => {
  process.seteuid?.(65_534)
  try {
    return await act()
  } finally {
    process.seteuid?.(0)
  }
}

describe("the root of the originals", () => {
  it("an unmounted root is unavailable and nothing in it is gone; mounted again, it works", async ({ skip }) => {
    skip(!canMount, NO_MOUNTS)
    const folder = await temporaryFolder()
    await mountTmpfs(folder)
    await fill(folder, "a.jpg", "shop/b.jpg")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toBeDefined()
    await unmount(folder)
    expect(await originals.isGone?.("a.jpg")).toBe(false)
    await expect.poll(() => outcomeOf(originals.head("a.jpg")), WITHIN_SECONDS).toContain("is empty")
    for (const key of ["a.jpg", "shop/b.jpg", "never.jpg"]) {
      await expect(originals.head(key)).rejects.toMatchObject(UNAVAILABLE)
      await expect(originals.get(key)).rejects.toMatchObject(UNAVAILABLE)
      expect(await originals.isGone?.(key)).toBe(false)
    }
    await mountTmpfs(folder)
    await fill(folder, "a.jpg")
    expect(await originals.head("a.jpg")).toBeDefined()
    await expect.poll(() => outcomeOf(originals.head("never.jpg")), WITHIN_SECONDS).toBe("absent")
  })

  it("an unmounted root with files below the mount point is unavailable too", async ({ skip }) => {
    skip(!canMount, NO_MOUNTS)
    const folder = await temporaryFolder()
    await fill(folder, "README.txt")
    await mountTmpfs(folder)
    await fill(folder, "a.jpg")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toBeDefined()
    await unmount(folder)
    expect(await originals.isGone?.("a.jpg")).toBe(false)
    await expect
      .poll(() => outcomeOf(originals.head("a.jpg")), WITHIN_SECONDS)
      .toContain("is on another device than before. Is its disk mounted?")
    await expect(originals.head("a.jpg")).rejects.toMatchObject(UNAVAILABLE)
    expect(await originals.isGone?.("a.jpg")).toBe(false)
  })

  it("a disk that is mounted over an empty root after the start works, and originals deleted from it are gone", async ({
    skip,
  }) => {
    skip(!canMount, NO_MOUNTS)
    const folder = await temporaryFolder()
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toBeUndefined()
    await mountTmpfs(folder)
    await fill(folder, "a.jpg", "b.jpg")
    expect(await originals.head("a.jpg")).toBeDefined()
    expect(await originals.head("c.jpg")).toBeUndefined()
    await rm(join(folder, "a.jpg"))
    expect(await originals.head("a.jpg")).toBeUndefined()
    expect(await originals.isGone?.("a.jpg")).toBe(true)
  })

  it("a root that became empty is unavailable, and works once it contains files", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "a.jpg")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toBeDefined()
    await rm(join(folder, "a.jpg"))
    await expect
      .poll(() => outcomeOf(originals.head("a.jpg")), WITHIN_SECONDS)
      .toContain("is empty, but contained files before. Is its disk mounted?")
    expect(await originals.isGone?.("a.jpg")).toBe(false)
    await fill(folder, "b.jpg")
    expect(await originals.head("b.jpg")).toBeDefined()
    await expect.poll(() => outcomeOf(originals.head("a.jpg")), WITHIN_SECONDS).toBe("absent")
  })

  it("an empty root at the start has no originals, and none is gone", async () => {
    const originals = folderOriginals(await temporaryFolder())
    expect(await originals.head("a.jpg")).toBeUndefined()
    expect(await originals.isGone?.("a.jpg")).toBe(false)
  })
})

describe("isGone of originals in a folder", () => {
  it("isGone is true for a deleted original in a folder with other files", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "a.jpg", "shop/b.jpg", "shop/c.jpg")
    const originals = folderOriginals(folder)
    for (const key of ["a.jpg", "shop/b.jpg"]) {
      expect(await originals.isGone?.(key)).toBe(false)
      await rm(join(folder, key))
      expect(await originals.isGone?.(key)).toBe(true)
    }
  })

  it("isGone is true if a folder or a FIFO replaced the original, or if a file replaced its folder", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "a.jpg", "b.jpg", "shop/deep/c.jpg")
    const originals = folderOriginals(folder)
    for (const key of ["a.jpg", "b.jpg", "shop/deep/c.jpg"]) expect(await originals.head(key)).toBeDefined()
    for (const name of ["a.jpg", "b.jpg", "shop"]) await rm(join(folder, name), { recursive: true })
    await mkdir(join(folder, "a.jpg"))
    execFileSync("mkfifo", [join(folder, "b.jpg")])
    await writeFile(join(folder, "shop"), "a file")
    for (const key of ["a.jpg", "b.jpg", "shop/deep/c.jpg"]) expect(await originals.isGone?.(key)).toBe(true)
  })

  const WITHOUT_EVIDENCE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "its folder is missing": (folder) => rm(join(folder, "shop"), { recursive: true }),
    "its folder is empty": async (folder) => {
      for (const name of await readdir(join(folder, "shop"))) await rm(join(folder, "shop", name))
    },
    "it became a link to a missing file": async (folder) => {
      await rm(join(folder, "shop/a.jpg"))
      await symlink("elsewhere.jpg", join(folder, "shop/a.jpg"))
    },
    "the root is missing": (folder) => rm(folder, { recursive: true }),
  }

  it.each(Object.entries(WITHOUT_EVIDENCE))("isGone is false if %s", async (_, change) => {
    const folder = join(await temporaryFolder(), "photos")
    await fill(folder, "other.jpg", "shop/a.jpg", "shop/b.jpg")
    const originals = folderOriginals(folder)
    expect(await originals.head("shop/a.jpg")).toBeDefined()
    await change(folder)
    expect(await originals.isGone?.("shop/a.jpg")).toBe(false)
  })

  it("isGone is false for a key that cannot be one of an original", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "a.jpg")
    for (const key of ["", "..", "../a.jpg", "/a.jpg"]) expect(await folderOriginals(folder).isGone?.(key)).toBe(false)
  })

  it("isGone is false in a sub-folder whose disk was unmounted, also if files are below the mount point", async ({
    skip,
  }) => {
    skip(!canMount, NO_MOUNTS)
    const folder = await temporaryFolder()
    await fill(folder, "other.jpg", "shop/.keep")
    await mkdir(join(folder, "empty"))
    await mountTmpfs(join(folder, "shop"))
    await mountTmpfs(join(folder, "empty"))
    await fill(folder, "shop/a.jpg", "empty/a.jpg")
    const originals = folderOriginals(folder)
    // Of fresh lookups, too, it is remembered that the original was on another device.
    for (const key of ["shop/a.jpg", "empty/a.jpg"]) expect(await originals.head(key, { fresh: true })).toBeDefined()
    for (const name of ["shop", "empty"]) await unmount(join(folder, name))
    for (const key of ["shop/a.jpg", "empty/a.jpg"]) {
      expect(await originals.head(key)).toBeUndefined()
      expect(await originals.isGone?.(key)).toBe(false)
    }
  })

  it("isGone is false below a folder that may not be entered", async ({ skip }) => {
    skip(!isRoot, NOT_ROOT)
    const folder = await temporaryFolder({ readable: true })
    await fill(folder, "other.jpg", "shut/a.jpg")
    await chmod(join(folder, "shut"), 0o700)
    const originals = folderOriginals(folder)
    await asNobody(async () => {
      for (const key of ["shut/a.jpg", "shut/never.jpg"]) {
        expect(await originals.head(key)).toBeUndefined()
        expect(await originals.isGone?.(key)).toBe(false)
      }
    })
  })
})

describe("versions of originals in a folder", () => {
  const PAST = new Date("2020-01-01T00:00:00Z")

  const photoIn = async (folder: string): Promise<string> => {
    await fill(folder, "a.jpg")
    await utimes(join(folder, "a.jpg"), PAST, PAST)
    return join(folder, "a.jpg")
  }

  const statOf = async (folder: string): Promise<OriginalStat> => {
    const found = await folderOriginals(folder).head("a.jpg")
    if (!found) throw new Error("Expected an original")
    return found
  }

  /** The file system's clock may not have ticked since the last change. */
  const untilChanged = async (
    folder: string,
    before: OriginalStat,
    change: () => Promise<void>,
  ): Promise<OriginalStat> => {
    let after = before
    while (after.version === before.version) {
      await change()
      after = await statOf(folder)
    }
    return after
  }

  const SAME_BYTES: Readonly<Record<string, (path: string) => Promise<void>>> = {
    "chmod changes its mode": (path) => chmod(path, 0o640),
    "a backup adds a hard link": async (path) => {
      await link(path, `${path}.backup`)
      await unlink(`${path}.backup`)
    },
    "a copy with its times replaces it": async (path) => {
      await writeFile(`${path}.copy`, await readFile(path))
      await utimes(`${path}.copy`, PAST, PAST)
      await rename(`${path}.copy`, path)
    },
  }

  it.each(Object.entries(SAME_BYTES))("only the strong version changes if %s", async (_, change) => {
    const folder = await temporaryFolder()
    const path = await photoIn(folder)
    const before = await statOf(folder)
    const after = await untilChanged(folder, before, () => change(path))
    expect(after.weakVersion).toBe(before.weakVersion)
    expect(before.weakVersion).toBeDefined()
  })

  it("both versions change if the bytes are written again", async () => {
    const folder = await temporaryFolder()
    const path = await photoIn(folder)
    const before = await statOf(folder)
    await writeFile(path, "other bytes")
    const after = await statOf(folder)
    expect([after.version === before.version, after.weakVersion === before.weakVersion]).toEqual([false, false])
  })

  it("the version changes if a link is switched between files of equal length and time", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "1.jpg", "2.jpg")
    for (const name of ["1.jpg", "2.jpg"]) await utimes(join(folder, name), PAST, PAST)
    await symlink("1.jpg", join(folder, "a.jpg"))
    const before = await statOf(folder)
    await symlink("2.jpg", join(folder, "next"))
    await rename(join(folder, "next"), join(folder, "a.jpg"))
    const after = await statOf(folder)
    expect(after.version).not.toBe(before.version)
    expect(after.weakVersion).toBe(before.weakVersion)
  })
})

describe("links in a folder of originals", () => {
  it("a link that leads out of the folder is absent, and reported once a minute", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await fill(outside, "secret.jpg")
    for (const name of ["a.jpg", "b.jpg"]) await symlink(join(outside, "secret.jpg"), join(folder, name))
    const notices: string[] = []
    const originals = folderOriginals(folder, { onNotice: (text) => void notices.push(text) })
    for (const key of ["a.jpg", "b.jpg"]) {
      expect(await originals.head(key)).toBeUndefined()
      expect(await originals.get(key)).toBeUndefined()
      expect(await originals.isGone?.(key)).toBe(false)
    }
    expect(notices).toEqual([expect.stringContaining(`a.jpg leads out of ${folder} through a link`)])
  })

  /** Exchanges a folder and a link that leads out of the originals, without a pause. */
  const EXCHANGE = `
    const { renameSync } = require("node:fs")
    process.chdir(process.argv[1])
    console.log("started")
    for (;;) {
      renameSync("shop", "spare"); renameSync("link", "shop")
      renameSync("shop", "link"); renameSync("spare", "shop")
    }`

  const startExchange = async (folder: string): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ["-e", EXCHANGE, folder], { stdio: ["ignore", "pipe", "inherit"] })
    onTestFinished(async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve))
      child.kill("SIGKILL")
      await ended
    })
    await new Promise((resolve) => child.stdout.once("data", resolve))
    return child
  }

  it("no bytes come from outside while a folder and a link to the outside are exchanged", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await fill(folder, "shop/a.jpg", "shop/b.jpg", "other.jpg")
    await writeFile(join(outside, "a.jpg"), "secret")
    await symlink(outside, join(folder, "link"))
    await startExchange(folder)
    const originals = folderOriginals(folder)
    const seen = new Map<string, number>()
    for (let at = 0; at < 3000; at++) {
      const [found, object] = [await originals.head("shop/a.jpg"), await originals.get("shop/a.jpg")]
      const length = found?.byteLength
      const text = object && Buffer.from(object.bytes).toString()
      for (const name of [`length ${length}`, `bytes ${text}`]) seen.set(name, (seen.get(name) ?? 0) + 1)
    }
    const names = new Set(seen.keys())
    expect(names).toContain("bytes bytes of shop/a.jpg")
    for (const name of ["bytes secret", "length 6"]) expect(names).not.toContain(name)
  })
})

describe("a file system that ignores case and Unicode normalisation", () => {
  it("only the spelling on disk is the key of an original", async ({ skip }) => {
    skip(!canMountFuse, NO_MOUNTS)
    const { folder } = await mountFuse()
    await fill(folder, "Shop/Mug.jpg", "Shop/caf\u{e9}.jpg", "Shop/123.jpg")
    expect((await stat(join(folder, "shop/mug.JPG"))).isFile()).toBe(true)
    const originals = folderOriginals(folder)
    for (const key of ["Shop/Mug.jpg", "Shop/caf\u{e9}.jpg", "Shop/123.jpg"]) {
      expect(await originals.head(key)).toBeDefined()
      expect((await originals.get(key))?.bytes.length).toBeGreaterThan(0)
    }
    for (const key of ["Shop/mug.jpg", "Shop/MUG.jpg", "shop/Mug.jpg", "SHOP/123.jpg", "Shop/cafe\u{301}.jpg"]) {
      expect(await originals.head(key)).toBeUndefined()
      expect(await originals.get(key)).toBeUndefined()
      expect(await originals.isGone?.(key)).toBe(false)
    }
    const listed: string[] = []
    for await (const key of originals.list("")) listed.push(key)
    expect(listed).toEqual(["Shop/123.jpg", "Shop/Mug.jpg", "Shop/caf\u{e9}.jpg"])
  })

  it("renditions whose keys differ in case or normalisation do not overwrite each other", async ({ skip }) => {
    skip(!canMountFuse, NO_MOUNTS)
    const { folder } = await mountFuse()
    const store = folderRenditions(folder)
    const keys = ["480h/mug.jpg", "480h/Mug.jpg", "480h/MUG.JPG", "480h/caf\u{e9}.jpg", "480h/cafe\u{301}.jpg"]
    const tags = new Map<string, string | undefined>()
    for (const key of keys) tags.set(key, (await store.put(key, Buffer.from(key), metaOf(key)))?.etag)
    for (const reopened of [store, folderRenditions(folder)]) {
      for (const key of keys)
        expect(await reopened.get(key)).toMatchObject({
          meta: { ...metaOf(key), etag: tags.get(key) },
          body: Buffer.from(key),
        })
      const listed: string[] = []
      for await (const key of reopened.list?.("480h/") ?? []) listed.push(key)
      expect(listed.toSorted()).toEqual(keys.toSorted())
    }
    // A name in small letters is a plain file for other servers.
    expect(await readFile(join(folder, "files/480h/mug.jpg"), "utf8")).toBe("480h/mug.jpg")
    expect(await store.delete(["480h/Mug.jpg"])).toBe(1)
    expect(await store.head("480h/mug.jpg")).toBeDefined()
  })
})

const metaOf = (key: string): RenditionMeta => ({
  original: key,
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: `"${Buffer.from(key).toString("hex")}"`,
  contentType: "image/jpeg",
  modifiedMs: 0,
})

describe("a network file system whose server is gone", () => {
  it("calls to a hanging file system end with the caller's signal, other files can be read, and it works again", async ({
    skip,
  }) => {
    skip(!canMountFuse, NO_MOUNTS)
    const { folder, hang, resume } = await mountFuse()
    await fill(folder, "a.jpg", "b.jpg")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toBeDefined()
    hang()
    onTestFinished(resume)
    const calls = Array.from({ length: 20 }, (_, at) => {
      const signal = AbortSignal.timeout(200)
      return at % 2 ? originals.head("a.jpg", { signal }) : originals.get("a.jpg", { signal })
    })
    const ended = Promise.allSettled(calls)
    // Meanwhile, another disk can be read.
    expect(await folderOriginals(await temporaryFolder()).head("a.jpg")).toBeUndefined()
    for (const { status } of await ended) expect(status).toBe("rejected")
    await expect(calls[0]).rejects.toMatchObject({ name: "TimeoutError" })
    resume()
    expect(await originals.head("b.jpg")).toBeDefined()
    expect((await originals.get("a.jpg"))?.bytes.length).toBeGreaterThan(0)
  })
})

describe("check of originals in a folder", () => {
  it("check of originals finds no problem with a folder that can be listed", async () => {
    expect(await folderOriginals(await temporaryFolder()).check?.()).toBeUndefined()
  })

  it("check of originals reports a missing folder and a file as permanent", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "file")
    expect(await folderOriginals(join(folder, "absent")).check?.()).toMatchObject({
      isPermanent: true,
      message: expect.stringContaining(`Cannot list ${join(folder, "absent")}`),
    })
    expect(await folderOriginals(join(folder, "file")).check?.()).toMatchObject({ isPermanent: true })
  })

  it("check of originals reports a folder that may not be listed, or not be entered, with user, owner and mode", async ({
    skip,
  }) => {
    skip(!isRoot, NOT_ROOT)
    const folder = await temporaryFolder({ readable: true })
    for (const mode of [0o700, 0o744, 0o711]) {
      const path = join(folder, mode.toString(8))
      await mkdir(path)
      await chmod(path, mode)
      const problem = await asNobody(async () => folderOriginals(path).check?.())
      expect(problem?.isPermanent).toBe(true)
      expect(problem?.message).toContain(`Cannot list ${path} as uid`)
      expect(problem?.message).toContain(`(owner uid 0, mode 0${mode.toString(8)})`)
    }
  })
})

describe("check of renditions in a folder", () => {
  it("check of renditions finds no problem with a folder that can be created and written, and leaves no file", async () => {
    const folder = join(await temporaryFolder(), "not", "yet")
    expect(await folderRenditions(folder).check?.()).toBeUndefined()
    expect(await filesBelow(folder)).toEqual([])
  })

  it("check of renditions includes the folder of the originals in a shared store", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "a.jpg")
    expect(await folderRenditions(join(folder, ".imgtailor"), { files: folder }).check?.()).toBeUndefined()
    expect(await filesBelow(folder)).toEqual(["a.jpg"])
  })

  it("check of renditions reports a file in the place of the folder as permanent", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "file")
    expect(await folderRenditions(join(folder, "file")).check?.()).toMatchObject({ isPermanent: true })
  })

  const CLOSED: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "is not writable": async () => {},
    "has a tmp/ of root": async (folder) => {
      await chmod(folder, 0o777)
      await mkdir(join(folder, "tmp"))
    },
    "has a files/ of root": async (folder) => {
      await chmod(folder, 0o777)
      await mkdir(join(folder, "files"))
    },
  }

  it.each(Object.entries(CLOSED))(
    "check of renditions reports a folder that %s as permanent, with the user",
    async (_, close) => {
      if (!isRoot) return
      const folder = await temporaryFolder({ readable: true })
      await close(folder)
      const problem = await asNobody(async () => folderRenditions(folder).check?.())
      expect(problem).toMatchObject({
        isPermanent: true,
        message: expect.stringContaining(`Cannot store renditions in ${folder}`),
      })
      expect(problem?.message).toContain("EACCES")
    },
  )

  it("check of renditions reports a read-only file system as permanent, and a full one as not permanent", async ({
    skip,
  }) => {
    skip(!canMount, NO_MOUNTS)
    const folder = await temporaryFolder()
    await mountTmpfs(folder)
    execFileSync("mount", ["-o", "remount,ro", folder])
    expect(await folderRenditions(folder).check?.()).toMatchObject({
      isPermanent: true,
      message: expect.stringContaining("The file system is read-only"),
    })
    execFileSync("mount", ["-o", "remount,rw,size=64k", folder])
    await writeFile(join(folder, "ballast"), Buffer.alloc(65_536)).catch(() => {})
    expect(await folderRenditions(folder).check?.()).toMatchObject({
      isPermanent: false,
      message: expect.stringContaining("Free some space."),
    })
  })
})

describe("tidy of renditions in a folder", () => {
  it("tidy uses the clock of the file system, not that of this machine", async () => {
    const folder = await temporaryFolder()
    await fill(folder, "tmp/young", "tmp/old")
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(join(folder, "tmp/old"), hourAgo, hourAgo)
    const now = Date.now()
    vi.spyOn(Date, "now").mockReturnValue(now + 86_400_000)
    onTestFinished(() => void vi.restoreAllMocks())
    await folderRenditions(folder).tidy?.()
    expect(await readdir(join(folder, "tmp"))).toEqual(["young"])
  })
})

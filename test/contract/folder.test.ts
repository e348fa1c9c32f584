/** Tests the folder stores with the special cases of file systems: links, devices, unusual names, damaged records, killed writers. */
import { execFileSync } from "node:child_process"
import {
  chmod,
  type FileHandle,
  link,
  lstat,
  mkdir,
  open as openFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises"
import { createServer } from "node:net"
import { dirname, join } from "node:path"

import { describe, expect, it, onTestFinished, vi } from "vitest"

import { folderOriginals, folderRenditions } from "../../src/store/folder.ts"
import { readBody, type RenditionMeta, type Renditions } from "../../src/store/store.ts"
import { filesBelow, isRoot, temporaryFolder } from "../support/folders.ts"

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const META: RenditionMeta = {
  original: "a.jpg",
  version: "1",
  kind: "jpeg",
  recipeId: "r",
  etag: '"e"',
  contentType: "image/jpeg",
  modifiedMs: 1_700_000_000_000,
}

const KEY = "shop/480h/a.jpg"

interface Readable {
  readonly head: (key: string) => Promise<unknown>
  readonly get: (key: string) => Promise<unknown>
}

/** The keys that a store finds, by head and by get. */
const present = async (store: Readable, ...keys: readonly string[]): Promise<readonly string[]> => {
  const found: string[] = []
  for (const key of keys) {
    if ((await store.head(key)) !== undefined) found.push(`head ${key}`)
    if ((await store.get(key)) !== undefined) found.push(`get ${key}`)
  }
  return found
}

const textOf = async (store: Renditions, key: string): Promise<string | undefined> => {
  const object = await store.get(key)
  return object && Buffer.from(await readBody(object)).toString()
}

describe("originals in a folder", () => {
  it("an original behind a link that leads out of the folder is absent: a file, a folder, a chain of links", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(outside, "secret.jpg"), "secret")
    await symlink(join(outside, "secret.jpg"), join(folder, "file.jpg"))
    await symlink(outside, join(folder, "directory"))
    await symlink(join(folder, "file.jpg"), join(folder, "chain.jpg"))
    const originals = folderOriginals(folder)
    expect(await present(originals, "file.jpg", "directory/secret.jpg", "chain.jpg")).toEqual([])
  })

  it("an original is absent once it is replaced by a link that leads out of the folder", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(folder, "a.jpg"), "photo")
    await writeFile(join(outside, "secret.jpg"), "secret")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toMatchObject({ byteLength: 5 })
    await rm(join(folder, "a.jpg"))
    await symlink(join(outside, "secret.jpg"), join(folder, "a.jpg"))
    expect(await present(originals, "a.jpg")).toEqual([])
  })

  it("an original is found behind a link inside the folder, and in a folder that is a link and moves", async () => {
    const [folder, other, links] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(folder, "a.jpg"), "first")
    await symlink("a.jpg", join(folder, "link.jpg"))
    await writeFile(join(other, "a.jpg"), "second, elsewhere")
    await symlink(folder, join(links, "current"))
    const originals = folderOriginals(join(links, "current"))
    expect(await originals.head("link.jpg")).toMatchObject({ byteLength: 5 })
    expect(Buffer.from((await originals.get("link.jpg"))?.bytes ?? []).toString()).toBe("first")
    await symlink(other, join(links, "next"))
    await rename(join(links, "next"), join(links, "current"))
    expect(await originals.head("a.jpg")).toMatchObject({ byteLength: 17 })
    expect(Buffer.from((await originals.get("a.jpg"))?.bytes ?? []).toString()).toBe("second, elsewhere")
  })

  it("a link in a cycle or to a missing file is absent", async () => {
    const folder = await temporaryFolder()
    await symlink("b.jpg", join(folder, "a.jpg"))
    await symlink("a.jpg", join(folder, "b.jpg"))
    await symlink("nowhere.jpg", join(folder, "c.jpg"))
    const originals = folderOriginals(folder)
    expect(await present(originals, "a.jpg", "b.jpg", "c.jpg")).toEqual([])
  })

  it("a file in a sibling folder whose name starts with the folder's name is absent", async () => {
    const parent = await temporaryFolder()
    await mkdir(join(parent, "photos"))
    await mkdir(join(parent, "photos-private"))
    await writeFile(join(parent, "photos-private", "x.jpg"), "secret")
    await symlink(join(parent, "photos-private", "x.jpg"), join(parent, "photos", "x.jpg"))
    const originals = folderOriginals(join(parent, "photos"))
    expect(await present(originals, "../photos-private/x.jpg", "-private/x.jpg", "x.jpg")).toEqual([])
  })

  it("a FIFO and a socket are absent, and looking them up does not block", async () => {
    const folder = await temporaryFolder()
    execFileSync("mkfifo", [join(folder, "pipe.jpg")])
    const server = createServer().listen(join(folder, "socket.jpg"))
    await new Promise((done) => server.once("listening", done))
    const originals = folderOriginals(folder)
    expect(await present(originals, "pipe.jpg", "socket.jpg")).toEqual([])
    await new Promise((done) => server.close(done))
  })

  it.runIf(isRoot)("a device is absent", async () => {
    const folder = await temporaryFolder()
    execFileSync("mknod", [join(folder, "zero.jpg"), "c", "1", "5"])
    expect(await present(folderOriginals(folder), "zero.jpg")).toEqual([])
  })

  it("an original without permission to read is absent, and reported once a minute", async () => {
    const folder = await temporaryFolder({ readable: true })
    await mkdir(join(folder, "closed"))
    await writeFile(join(folder, "closed", "a.jpg"), "photo")
    await writeFile(join(folder, "closed.jpg"), "photo")
    await chmod(join(folder, "closed"), 0o000)
    await chmod(join(folder, "closed.jpg"), 0o000)
    const notices: string[] = []
    const originals = folderOriginals(folder, { onNotice: (notice) => void notices.push(notice) })
    // Root may read everything, so act as another user for a moment.
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(await present(originals, "closed/a.jpg", "closed.jpg")).toEqual([])
      for (const key of ["closed/a.jpg", "closed.jpg"]) expect(await originals.isGone?.(key)).toBe(false)
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(join(folder, "closed"), 0o755)
    }
    expect(notices).toEqual([expect.stringContaining(`${folder}/closed/a.jpg is not readable (EACCES)`)])
  })

  it("a key that no file can have is absent", async () => {
    const originals = folderOriginals(await temporaryFolder())
    expect(
      await present(originals, "x".repeat(256), "中".repeat(100), "nul\0byte.jpg", `${"d/".repeat(3000)}a.jpg`),
    ).toEqual([])
  })

  it("a missing root is unavailable, and works once it exists", async () => {
    const folder = join(await temporaryFolder(), "mounted", "later")
    const originals = folderOriginals(folder)
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    await expect(originals.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    await mkdir(folder, { recursive: true })
    expect(await present(originals, "a.jpg")).toEqual([])
    await writeFile(join(folder, "a.jpg"), "photo")
    expect((await originals.get("a.jpg"))?.bytes.length).toBe(5)
  })

  it("a root that may not be entered is unavailable, and works once it may", async () => {
    const outside = await temporaryFolder()
    await chmod(outside, 0o755)
    const folder = join(outside, "closed")
    await mkdir(folder)
    await writeFile(join(folder, "a.jpg"), "photo")
    await chmod(folder, 0o000)
    const originals = folderOriginals(folder)
    // Root may enter everything, so act as another user for a moment.
    if (isRoot) process.seteuid?.(65_534)
    try {
      await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
      await expect(originals.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(folder, 0o755)
    }
    expect((await originals.get("a.jpg"))?.bytes.length).toBe(5)
  })

  it("a root that is a file is unavailable", async () => {
    const folder = join(await temporaryFolder(), "file")
    await writeFile(folder, "no folder")
    await expect(folderOriginals(folder).head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("the version changes when the content changes and the old time is restored", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, "a.jpg")
    const past = new Date("2020-01-01T00:00:00Z")
    const originals = folderOriginals(folder)
    const save = async (content: string): Promise<string | undefined> => {
      await writeFile(path, content)
      await utimes(path, past, past)
      return (await originals.head("a.jpg"))?.version
    }
    const before = await save("first")
    const clock = (await stat(path)).ctimeMs
    let after = await save("secnd")
    // The file system's clock may not have ticked between the two.
    while ((await stat(path)).ctimeMs === clock) after = await save("secnd")
    expect(after).not.toBe(before)
  })

  it("an original is not stable right after a change, even with an old mtime", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, "a.jpg")
    const originals = folderOriginals(folder)
    await writeFile(path, "photo")
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: false })
    await utimes(path, new Date(0), new Date(0))
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: false })
    expect((await originals.get("a.jpg"))?.stat).toMatchObject({ isStable: false })
  })

  it("an original that changed right before it was read is not stable, however long reading takes", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "a.jpg"), "photo")
    const file = await openFile(join(folder, "a.jpg"))
    const handles = Object.getPrototypeOf(file) as FileHandle
    await file.close()
    const read: unknown = Reflect.get(handles, "read")
    const now = Date.now.bind(Date)
    let laterMs = 0
    vi.spyOn(Date, "now").mockImplementation(() => now() + laterMs)
    vi.spyOn(handles, "read").mockImplementation(function (this: FileHandle, ...call: unknown[]) {
      laterMs = 5000
      return Reflect.apply(read as () => unknown, this, call) as ReturnType<FileHandle["read"]>
    })
    onTestFinished(() => void vi.restoreAllMocks())
    expect((await folderOriginals(folder).get("a.jpg"))?.stat.isStable).toBe(false)
  })

  it("a lookup is remembered for hits, unless it is a fresh one, as those of sweeps", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "a.jpg"), "a")
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 })
    onTestFinished(() => void vi.useRealTimers())
    const originals = folderOriginals(folder)
    for (let round = 0; round < 3; round++) expect(await originals.head("a.jpg", { fresh: true })).toBeDefined()
    expect(originals.headSync?.("a.jpg")).toBeUndefined()
    for (let round = 0; round < 2; round++) await originals.head("a.jpg")
    expect(originals.headSync?.("a.jpg")).toBeDefined()
  })

  it("a removed original is absent while another name leads to the same inode", async () => {
    const folder = await temporaryFolder()
    const originals = folderOriginals(folder)
    await writeFile(join(folder, "a.jpg"), "first")
    const before = await originals.head("a.jpg")
    await link(join(folder, "a.jpg"), join(folder, "b.jpg"))
    await rm(join(folder, "a.jpg"))
    expect(await present(originals, "a.jpg")).toEqual([])
    expect((await originals.get("b.jpg"))?.bytes.length).toBe(before?.byteLength)
  })
})

describe("renditions in a folder", () => {
  const open = async (): Promise<{ readonly folder: string; readonly store: Renditions }> => {
    const folder = await temporaryFolder()
    return { folder, store: folderRenditions(folder) }
  }

  /** A store that has read nothing, as after a restart. */
  const reopened = (folder: string): Renditions => folderRenditions(folder)

  const recordOf = (folder: string, key = KEY): string => join(folder, "records", `${key}.json`)
  const fileOf = (folder: string, key = KEY): string => join(folder, "files", key)
  /** As nginx makes it: time of change in seconds and length, in hexadecimal. */
  const tagOf = async (folder: string): Promise<string> => {
    const { mtimeMs, size } = await stat(fileOf(folder))
    return `"${Math.floor(mtimeMs / 1000).toString(16)}-${size.toString(16)}"`
  }

  it("a rendition is a plain file under its key, with a record", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    expect(await filesBelow(folder)).toEqual([`files/${KEY}`, `records/${KEY}.json`])
    expect(await readFile(fileOf(folder), "utf8")).toBe("rendition")
    expect(JSON.parse(await readFile(recordOf(folder), "utf8"))).toMatchObject({ ...META, etag: await tagOf(folder) })
  })

  it("a rendition survives a restart", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    expect(await reopened(folder).head(KEY)).toMatchObject({ ...META, etag: await tagOf(folder) })
    expect(await textOf(reopened(folder), KEY)).toBe("rendition")
  })

  it("put returns the ETag with which nginx serves the file: another one for each version, though written at once with equal lengths", async () => {
    const { folder, store } = await open()
    const tags: string[] = []
    for (const content of ["one", "two", "six", "ten"]) {
      const result = await store.put(KEY, text(content), META)
      expect(result).toEqual({ etag: await tagOf(folder) })
      tags.push(await tagOf(folder))
    }
    expect(new Set(tags).size).toBe(4)
  })

  it("a rendition has another ETag than deleted ones, and ones before the replaced one, with its length", async () => {
    const { folder, store } = await open()
    const tags: string[] = []
    for (const [at, content] of ["one", "second", "two", "six"].entries()) {
      if (at === 3) await store.delete([KEY])
      const modifiedMs = Math.floor(Date.now() / 1000 + at) * 1000
      const result = await store.put(KEY, text(content), { ...META, modifiedMs })
      expect(result).toEqual({ etag: await tagOf(folder) })
      tags.push(await tagOf(folder))
      expect(await textOf(reopened(folder), KEY)).toBe(content)
    }
    expect(new Set(tags).size).toBe(4)
  })

  it("get finds renditions that another process stored since", async () => {
    const { folder, store } = await open()
    const other = reopened(folder)
    expect(await present(other, KEY)).toEqual([])
    await store.put(KEY, text("first"), META)
    expect(await textOf(other, KEY)).toBe("first")
    await store.put(KEY, text("second"), META)
    expect(await textOf(other, KEY)).toBe("second")
    expect((await other.get(KEY))?.meta.etag).toBe(await tagOf(folder))
    await store.delete([KEY])
    expect(await other.get(KEY)).toBeUndefined()
  })

  it("the record of a rendition that was read is remembered for hits, that of one that was only looked up is not", async () => {
    const folder = await temporaryFolder()
    await folderRenditions(folder).put(KEY, text("r"), META)
    const renditions = folderRenditions(folder)
    await renditions.head(KEY)
    expect(renditions.getSync?.(KEY)).toBeUndefined()
    await renditions.get(KEY)
    expect(renditions.getSync?.(KEY)?.meta.original).toBe(META.original)
  })

  it("head notices that another process replaced or deleted a rendition", async () => {
    const { folder, store } = await open()
    const other = reopened(folder)
    await store.put(KEY, text("first"), META)
    expect(await other.head(KEY)).toMatchObject({ version: "1" })
    await store.put(KEY, text("second"), { ...META, version: "2" })
    expect(await other.head(KEY)).toMatchObject({ version: "2" })
    await store.delete([KEY])
    expect(await other.head(KEY)).toBeUndefined()
  })

  const RECORD_DAMAGE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "its record is missing": (folder) => rm(recordOf(folder)),
    "its record is empty": (folder) => writeFile(recordOf(folder), ""),
    "its record is truncated": (folder) => truncate(recordOf(folder), 50),
    "its record is not JSON": (folder) => writeFile(recordOf(folder), "\0\xff{{"),
    "its record is other JSON": (folder) => writeFile(recordOf(folder), '[1,{"file":null}]'),
    "its record is null": (folder) => writeFile(recordOf(folder), "null"),
    "its record describes no file": (folder) => writeFile(recordOf(folder), JSON.stringify(META)),
    "its record has an unknown kind of original": async (folder) => {
      const record = await readFile(recordOf(folder), "utf8")
      await writeFile(recordOf(folder), record.replace('"kind":"jpeg"', '"kind":"vhs"'))
    },
    "its record is incomplete": async (folder) => {
      const { file } = JSON.parse(await readFile(recordOf(folder), "utf8")) as { file: unknown }
      const { original, etag, contentType } = META
      await writeFile(recordOf(folder), JSON.stringify({ original, etag, contentType, file }))
    },
    "its record is a directory": async (folder) => {
      await rm(recordOf(folder))
      await mkdir(recordOf(folder))
    },
  }

  const FILE_DAMAGE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "it is missing": (folder) => rm(fileOf(folder)),
    "it was replaced by a file of the same length": async (folder) => {
      await writeFile(`${fileOf(folder)}.new`, "rendit10n")
      await rename(`${fileOf(folder)}.new`, fileOf(folder))
    },
    "it was overwritten": (folder) => writeFile(fileOf(folder), "another picture"),
    "it was truncated": (folder) => truncate(fileOf(folder), 3),
    "it was replaced by a directory": async (folder) => {
      await rm(fileOf(folder))
      await mkdir(fileOf(folder))
    },
    "it was replaced by a link": async (folder) => {
      await rename(fileOf(folder), `${fileOf(folder)}.real`)
      await symlink(`${fileOf(folder)}.real`, fileOf(folder))
    },
  }

  const DAMAGE = Object.entries({ ...RECORD_DAMAGE, ...FILE_DAMAGE })

  it.each(DAMAGE)("a rendition is absent after a restart if %s", async (_, damage) => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await damage(folder)
    expect(await textOf(reopened(folder), KEY)).toBeUndefined()
  })

  it.each(Object.entries(FILE_DAMAGE))(
    "a rendition is absent if %s, also in a store that has read it",
    async (_, damage) => {
      const { folder, store } = await open()
      await store.put(KEY, text("rendition"), META)
      await damage(folder)
      expect(await textOf(store, KEY)).toBeUndefined()
    },
  )

  it.each(DAMAGE.filter(([name]) => !name.includes("directory")))(
    "a rendition can be stored again if %s",
    async (_, damage) => {
      const { folder } = await open()
      await reopened(folder).put(KEY, text("rendition"), META)
      await damage(folder)
      const store = reopened(folder)
      await store.get(KEY)
      await store.put(KEY, text("again"), { ...META, etag: '"again"' })
      expect(await textOf(store, KEY)).toBe("again")
      expect(await textOf(reopened(folder), KEY)).toBe("again")
    },
  )

  it("the record of another key does not match", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await store.put("shop/480h/b.jpg", text("the other"), { ...META, original: "b.jpg" })
    await writeFile(recordOf(folder), await readFile(recordOf(folder, "shop/480h/b.jpg")))
    expect(await textOf(reopened(folder), KEY)).toBeUndefined()
  })

  it("head and get agree that a rendition without its file is absent", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(fileOf(folder))
    expect(await present(store, KEY)).toEqual([])
    expect(await present(reopened(folder), KEY)).toEqual([])
  })

  it("a rendition without a record is deleted and counted", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(recordOf(folder))
    expect(await reopened(folder).delete([KEY])).toBe(1)
    expect(await filesBelow(folder)).toEqual([])
  })

  it("deleting a rendition without its file removes its record", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(fileOf(folder))
    expect(await store.delete([KEY])).toBe(0)
    expect(await filesBelow(folder)).toEqual([])
  })

  it("put replaces a link, and does not write to its target", async () => {
    const { folder, store } = await open()
    const outside = await temporaryFolder()
    await writeFile(join(outside, "precious.jpg"), "precious")
    await mkdir(dirname(fileOf(folder)), { recursive: true })
    await symlink(join(outside, "precious.jpg"), fileOf(folder))
    expect(await present(store, KEY)).toEqual([])
    await store.put(KEY, text("rendition"), META)
    expect(await readFile(join(outside, "precious.jpg"), "utf8")).toBe("precious")
    expect((await lstat(fileOf(folder))).isFile()).toBe(true)
    expect(await textOf(store, KEY)).toBe("rendition")
  })

  it("a large rendition is closed after a part was read, and without being read", async () => {
    const { store } = await open()
    await store.put(KEY, new Uint8Array(1_500_000), META)
    const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd").catch(() => [])).length
    const before = await openFiles()
    for (let time = 0; time < 30; time++) {
      const object = await store.get(KEY)
      if (!object || object.body instanceof Uint8Array) throw new Error("Expected a body that is streamed.")
      if (time % 2) await object.body.close()
      else for await (const _ of object.body.stream({ start: 10, end: 20 + time })) break
    }
    // Streams close their file in the background.
    await expect.poll(openFiles).toBeLessThan(before + 5)
  })

  it("a put that fails leaves no temporary file", async () => {
    const { folder, store } = await open()
    await store.put("480h/file.jpg", text("a file"), META)
    await expect(store.put("480h/file.jpg/480h/below.jpg", text("x"), META)).rejects.toMatchObject({
      code: "store-unavailable",
    })
    await mkdir(fileOf(folder, "480h/directory.jpg/full"), { recursive: true })
    await expect(store.put("480h/directory.jpg", text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await readdir(join(folder, "tmp"))).toEqual([])
    expect(await textOf(store, "480h/file.jpg")).toBe("a file")
  })

  it("a directory in the place of a rendition is absent and is not deleted", async () => {
    const { folder, store } = await open()
    await mkdir(fileOf(folder), { recursive: true })
    await writeFile(join(fileOf(folder), "inside"), "kept")
    expect(await present(store, KEY)).toEqual([])
    expect(await store.delete([KEY])).toBe(0)
    expect(await readFile(join(fileOf(folder), "inside"), "utf8")).toBe("kept")
  })

  it("a key below a file is absent, and put fails", async () => {
    const { folder, store } = await open()
    await mkdir(join(folder, "files"))
    await writeFile(join(folder, "files", "shop"), "a file where a directory is wanted")
    expect(await present(store, KEY)).toEqual([])
    expect(await store.delete([KEY])).toBe(0)
    await expect(store.put(KEY, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("a store whose folder is a file has no renditions, and put fails", async () => {
    const folder = join(await temporaryFolder(), "file")
    await writeFile(folder, "no folder")
    const store = folderRenditions(folder)
    expect(await present(store, KEY)).toEqual([])
    expect(await store.delete([KEY])).toBe(0)
    await expect(store.put(KEY, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
    const listed: string[] = []
    for await (const key of store.list?.("") ?? []) listed.push(key)
    expect(listed).toEqual([])
    await expect(store.tidy?.()).resolves.toBeUndefined()
    expect(await readFile(folder, "utf8")).toBe("no folder")
  })

  it.runIf(isRoot)("put without permission to write fails with a code", async () => {
    const { folder, store } = await open()
    await chmod(folder, 0o755)
    process.seteuid?.(65_534)
    try {
      await expect(store.put(KEY, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
      expect(await present(store, KEY)).toEqual([])
    } finally {
      process.seteuid?.(0)
    }
  })

  it("put outside the folder fails", async () => {
    const parent = await temporaryFolder()
    const store = folderRenditions(join(parent, "renditions"))
    for (const key of ["../../480h/a.jpg", "../files-private/a.jpg", ".."])
      await expect(store.put(key, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await filesBelow(parent)).toEqual([])
  })

  it("tidy removes old temporary files and keeps young ones", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    const [old, young] = [join(folder, "tmp", "old"), join(folder, "tmp", "young")]
    await writeFile(old, "left behind")
    await writeFile(young, "being written")
    const hourAgo = new Date(Date.now() - 3_600_000)
    await utimes(old, hourAgo, hourAgo)
    await store.tidy?.()
    expect(await readdir(join(folder, "tmp"))).toEqual(["young"])
    expect(await textOf(store, KEY)).toBe("rendition")
  })

  it("tidy rejects where the folder of temporary files cannot be read", async () => {
    const folder = await temporaryFolder()
    await symlink("tmp", join(folder, "tmp"))
    await expect(folderRenditions(folder).tidy?.()).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("tidy works before anything is stored", async () => {
    const { folder, store } = await open()
    await expect(store.tidy?.()).resolves.toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it("list includes renditions without records, and neither links nor temporary files", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await writeFile(join(dirname(fileOf(folder)), "unrecorded.jpg"), "left by a killed writer")
    await writeFile(join(folder, "tmp", "draft"), "being written")
    await symlink(fileOf(folder), join(dirname(fileOf(folder)), "link.jpg"))
    const listed: string[] = []
    for await (const key of store.list?.("shop/") ?? []) listed.push(key)
    expect(listed.toSorted()).toEqual(["shop/480h/a.jpg", "shop/480h/unrecorded.jpg"])
  })

  it("list of renditions beside their originals leaves out the records", async () => {
    const folder = await temporaryFolder()
    const store = folderRenditions(join(folder, ".imgtailor"), { files: folder })
    await writeFile(join(folder, "photo.jpg"), "original")
    await store.put("480h/photo.jpg", text("rendition"), META)
    const listed: string[] = []
    for await (const key of store.list?.("") ?? []) listed.push(key)
    expect(listed.toSorted()).toEqual(["480h/photo.jpg", "photo.jpg"])
    expect(await readFile(join(folder, "480h", "photo.jpg"), "utf8")).toBe("rendition")
  })
})

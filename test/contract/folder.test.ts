/** Folders as stores, and what a file system can put in their way: links, devices, strange names, damaged records, killed writers. */
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
import { filesBelow, temporaryFolder } from "../support/folders.ts"

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

const isRoot = process.getuid?.() === 0

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

/** Those of some keys that a store knows anything of, by looking or by reading. */
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
  it("are absent where a link leads out of it, through files, directories and chains", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(outside, "secret.jpg"), "secret")
    await symlink(join(outside, "secret.jpg"), join(folder, "file.jpg"))
    await symlink(outside, join(folder, "directory"))
    await symlink(join(folder, "file.jpg"), join(folder, "chain.jpg"))
    const originals = folderOriginals(folder)
    expect(await present(originals, "file.jpg", "directory/secret.jpg", "chain.jpg")).toEqual([])
  })

  it("are absent once a link that leads out of it has taken their place", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(folder, "a.jpg"), "photo")
    await writeFile(join(outside, "secret.jpg"), "secret")
    const originals = folderOriginals(folder)
    expect(await originals.head("a.jpg")).toMatchObject({ byteLength: 5 })
    await rm(join(folder, "a.jpg"))
    await symlink(join(outside, "secret.jpg"), join(folder, "a.jpg"))
    expect(await present(originals, "a.jpg")).toEqual([])
  })

  it("are found behind links that stay within it, and where the folder itself is a link that moves", async () => {
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

  it("are absent where links lead in circles or to nothing", async () => {
    const folder = await temporaryFolder()
    await symlink("b.jpg", join(folder, "a.jpg"))
    await symlink("a.jpg", join(folder, "b.jpg"))
    await symlink("nowhere.jpg", join(folder, "c.jpg"))
    const originals = folderOriginals(folder)
    expect(await present(originals, "a.jpg", "b.jpg", "c.jpg")).toEqual([])
  })

  it("are absent in a sibling folder whose name begins with the folder's", async () => {
    const parent = await temporaryFolder()
    await mkdir(join(parent, "photos"))
    await mkdir(join(parent, "photos-private"))
    await writeFile(join(parent, "photos-private", "x.jpg"), "secret")
    await symlink(join(parent, "photos-private", "x.jpg"), join(parent, "photos", "x.jpg"))
    const originals = folderOriginals(join(parent, "photos"))
    expect(await present(originals, "../photos-private/x.jpg", "-private/x.jpg", "x.jpg")).toEqual([])
  })

  it("are absent where a pipe or a socket has their name, without waiting for it", async () => {
    const folder = await temporaryFolder()
    execFileSync("mkfifo", [join(folder, "pipe.jpg")])
    const server = createServer().listen(join(folder, "socket.jpg"))
    await new Promise((done) => server.once("listening", done))
    const originals = folderOriginals(folder)
    expect(await present(originals, "pipe.jpg", "socket.jpg")).toEqual([])
    await new Promise((done) => server.close(done))
  })

  it.runIf(isRoot)("are absent where a device has their name", async () => {
    const folder = await temporaryFolder()
    execFileSync("mknod", [join(folder, "zero.jpg"), "c", "1", "5"])
    expect(await present(folderOriginals(folder), "zero.jpg")).toEqual([])
  })

  it("are absent where they may not be read", async () => {
    const folder = await temporaryFolder()
    await chmod(folder, 0o755)
    await mkdir(join(folder, "closed"))
    await writeFile(join(folder, "closed", "a.jpg"), "photo")
    await writeFile(join(folder, "closed.jpg"), "photo")
    await chmod(join(folder, "closed"), 0o000)
    await chmod(join(folder, "closed.jpg"), 0o000)
    const originals = folderOriginals(folder)
    // The superuser may read everything, so it steps down for a moment.
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(await present(originals, "closed/a.jpg")).toEqual([])
      expect(await originals.get("closed.jpg")).toBeUndefined()
    } finally {
      if (isRoot) process.seteuid?.(0)
      await chmod(join(folder, "closed"), 0o755)
    }
  })

  it("are absent under names that no file can have", async () => {
    const originals = folderOriginals(await temporaryFolder())
    expect(
      await present(originals, "x".repeat(256), "中".repeat(100), "nul\0byte.jpg", `${"d/".repeat(3000)}a.jpg`),
    ).toEqual([])
  })

  it("are not called absent while the folder itself is not there, and are present once it is", async () => {
    const folder = join(await temporaryFolder(), "mounted", "later")
    const originals = folderOriginals(folder)
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    await expect(originals.get("a.jpg")).rejects.toMatchObject({ code: "store-unavailable" })
    await mkdir(folder, { recursive: true })
    expect(await present(originals, "a.jpg")).toEqual([])
    await writeFile(join(folder, "a.jpg"), "photo")
    expect((await originals.get("a.jpg"))?.bytes.length).toBe(5)
  })

  it("are not called absent while the folder itself may not be entered", async () => {
    const outside = await temporaryFolder()
    await chmod(outside, 0o755)
    const folder = join(outside, "closed")
    await mkdir(folder)
    await writeFile(join(folder, "a.jpg"), "photo")
    await chmod(folder, 0o000)
    const originals = folderOriginals(folder)
    // The superuser may enter everywhere, so it steps down for a moment.
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

  it("are absent where a file stands in the folder's place", async () => {
    const folder = join(await temporaryFolder(), "file")
    await writeFile(folder, "no folder")
    expect(await present(folderOriginals(folder), "a.jpg")).toEqual([])
  })

  it("have another version when their content is restored with its old time", async () => {
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

  it("are unsettled right after a change, whatever their mtime says, and settled when both times are old", async () => {
    const folder = await temporaryFolder()
    const path = join(folder, "a.jpg")
    const originals = folderOriginals(folder)
    await writeFile(path, "photo")
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: false })
    await utimes(path, new Date(0), new Date(0))
    expect(await originals.head("a.jpg")).toMatchObject({ isStable: false })
    expect((await originals.get("a.jpg"))?.stat).toMatchObject({ isStable: false })
  })

  it("are unsettled where they were changed right before they were looked at, however long reading them takes", async () => {
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

  it("are not confused by another file that got the inode of one that was removed", async () => {
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

  /** A store that has read nothing yet, as after a restart. */
  const reopened = (folder: string): Renditions => folderRenditions(folder)

  const factsOf = (folder: string, key = KEY): string => join(folder, "facts", `${key}.json`)
  const fileOf = (folder: string, key = KEY): string => join(folder, "files", key)

  it("are plain files under their keys, readable by other programs, with their records beside", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    expect(await filesBelow(folder)).toEqual([`facts/${KEY}.json`, `files/${KEY}`])
    expect(await readFile(fileOf(folder), "utf8")).toBe("rendition")
    expect(JSON.parse(await readFile(factsOf(folder), "utf8"))).toMatchObject(META)
  })

  it("are still there after a restart", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    expect(await reopened(folder).head(KEY)).toMatchObject(META)
    expect(await textOf(reopened(folder), KEY)).toBe("rendition")
  })

  it("are seen by another process that has looked before and found none, or an older one", async () => {
    const { folder, store } = await open()
    const other = reopened(folder)
    expect(await present(other, KEY)).toEqual([])
    await store.put(KEY, text("first"), META)
    expect(await textOf(other, KEY)).toBe("first")
    await store.put(KEY, text("second"), { ...META, etag: '"f"' })
    expect(await textOf(other, KEY)).toBe("second")
    expect((await other.get(KEY))?.meta.etag).toBe('"f"')
    await store.delete([KEY])
    expect(await other.get(KEY)).toBeUndefined()
  })

  it("are looked up as they are now, after another process replaced or deleted them", async () => {
    const { folder, store } = await open()
    const other = reopened(folder)
    await store.put(KEY, text("first"), META)
    expect(await other.head(KEY)).toMatchObject({ etag: '"e"' })
    await store.put(KEY, text("second"), { ...META, etag: '"f"' })
    expect(await other.head(KEY)).toMatchObject({ etag: '"f"' })
    await store.delete([KEY])
    expect(await other.head(KEY)).toBeUndefined()
  })

  const RECORD_DAMAGE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "their record is missing": (folder) => rm(factsOf(folder)),
    "their record is empty": (folder) => writeFile(factsOf(folder), ""),
    "their record is cut off": (folder) => truncate(factsOf(folder), 50),
    "their record is no JSON": (folder) => writeFile(factsOf(folder), "\0\xff{{"),
    "their record is JSON of something else": (folder) => writeFile(factsOf(folder), '[1,{"file":null}]'),
    "their record is null": (folder) => writeFile(factsOf(folder), "null"),
    "their record names no file": (folder) => writeFile(factsOf(folder), JSON.stringify(META)),
    "their record has an unknown kind of original": async (folder) => {
      const record = await readFile(factsOf(folder), "utf8")
      await writeFile(factsOf(folder), record.replace('"kind":"jpeg"', '"kind":"vhs"'))
    },
    "their record lacks what an answer needs": async (folder) => {
      const { file } = JSON.parse(await readFile(factsOf(folder), "utf8")) as { file: unknown }
      const { original, etag, contentType } = META
      await writeFile(factsOf(folder), JSON.stringify({ original, etag, contentType, file }))
    },
    "their record is a directory": async (folder) => {
      await rm(factsOf(folder))
      await mkdir(factsOf(folder))
    },
  }

  const FILE_DAMAGE: Readonly<Record<string, (folder: string) => Promise<void>>> = {
    "they are missing": (folder) => rm(fileOf(folder)),
    "they were replaced by hand, by something of the same length": async (folder) => {
      await writeFile(`${fileOf(folder)}.new`, "rendit10n")
      await rename(`${fileOf(folder)}.new`, fileOf(folder))
    },
    "they were written over by hand": (folder) => writeFile(fileOf(folder), "another picture"),
    "they were cut off": (folder) => truncate(fileOf(folder), 3),
    "a directory stands in their place": async (folder) => {
      await rm(fileOf(folder))
      await mkdir(fileOf(folder))
    },
    "a link stands in their place": async (folder) => {
      await rename(fileOf(folder), `${fileOf(folder)}.real`)
      await symlink(`${fileOf(folder)}.real`, fileOf(folder))
    },
  }

  const DAMAGE = Object.entries({ ...RECORD_DAMAGE, ...FILE_DAMAGE })

  it.each(DAMAGE)("are absent after a restart where %s", async (_, damage) => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await damage(folder)
    expect(await textOf(reopened(folder), KEY)).toBeUndefined()
  })

  it.each(Object.entries(FILE_DAMAGE))("are absent where %s, for a store that knew them", async (_, damage) => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await damage(folder)
    expect(await textOf(store, KEY)).toBeUndefined()
  })

  it.each(DAMAGE.filter(([name]) => !name.includes("directory")))("can be stored anew where %s", async (_, damage) => {
    const { folder } = await open()
    await reopened(folder).put(KEY, text("rendition"), META)
    await damage(folder)
    const store = reopened(folder)
    await store.get(KEY)
    await store.put(KEY, text("anew"), { ...META, etag: '"anew"' })
    expect(await textOf(store, KEY)).toBe("anew")
    expect(await textOf(reopened(folder), KEY)).toBe("anew")
  })

  it("do not take the record of another key for their own", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await store.put("shop/480h/b.jpg", text("the other"), { ...META, original: "b.jpg" })
    await writeFile(factsOf(folder), await readFile(factsOf(folder, "shop/480h/b.jpg")))
    expect(await textOf(reopened(folder), KEY)).toBeUndefined()
  })

  it("are looked up and read alike: a record whose file is gone or was replaced is none", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(fileOf(folder))
    expect(await present(store, KEY)).toEqual([])
    expect(await present(reopened(folder), KEY)).toEqual([])
  })

  it("whose record was never written are deleted and counted all the same", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(factsOf(folder))
    expect(await reopened(folder).delete([KEY])).toBe(1)
    expect(await filesBelow(folder)).toEqual([])
  })

  it("without a file leave no record behind when they are deleted", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await rm(fileOf(folder))
    expect(await store.delete([KEY])).toBe(0)
    expect(await filesBelow(folder)).toEqual([])
  })

  it("are stored in place of a link, not where it leads", async () => {
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

  it("that are large are not held open by who closes them unread, or reads a part", async () => {
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

  it("leave nothing unfinished behind, even where a put fails", async () => {
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

  it("are absent, and deleted by nobody, where a directory has their name", async () => {
    const { folder, store } = await open()
    await mkdir(fileOf(folder), { recursive: true })
    await writeFile(join(fileOf(folder), "inside"), "kept")
    expect(await present(store, KEY)).toEqual([])
    expect(await store.delete([KEY])).toBe(0)
    expect(await readFile(join(fileOf(folder), "inside"), "utf8")).toBe("kept")
  })

  it("are absent, and deleted by nobody, below a file", async () => {
    const { folder, store } = await open()
    await mkdir(join(folder, "files"))
    await writeFile(join(folder, "files", "shop"), "a file where a directory is wanted")
    expect(await present(store, KEY)).toEqual([])
    expect(await store.delete([KEY])).toBe(0)
    await expect(store.put(KEY, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("are absent where the folder is a file; putting there says so, and deleting finds nothing", async () => {
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

  it.runIf(isRoot)("that cannot be written for want of rights fail with a code, and are absent", async () => {
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

  it("refuse to be stored outside the folder", async () => {
    const parent = await temporaryFolder()
    const store = folderRenditions(join(parent, "renditions"))
    for (const key of ["../../480h/a.jpg", "../files-private/a.jpg", ".."])
      await expect(store.put(key, text("x"), META)).rejects.toMatchObject({ code: "store-unavailable" })
    expect(await filesBelow(parent)).toEqual([])
  })

  it("lose what killed writers left long ago, and keep what may still be written", async () => {
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

  it("are tidied without complaint before anything was stored", async () => {
    const { folder, store } = await open()
    await expect(store.tidy?.()).resolves.toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it("are listed by what lies there, also where no record does, and never what is being written", async () => {
    const { folder, store } = await open()
    await store.put(KEY, text("rendition"), META)
    await writeFile(join(dirname(fileOf(folder)), "unrecorded.jpg"), "left by a killed writer")
    await writeFile(join(folder, "tmp", "draft"), "being written")
    await symlink(fileOf(folder), join(dirname(fileOf(folder)), "link.jpg"))
    const listed: string[] = []
    for await (const key of store.list?.("shop/") ?? []) listed.push(key)
    expect(listed.toSorted()).toEqual(["shop/480h/a.jpg", "shop/480h/unrecorded.jpg"])
  })

  it("beside their originals are listed without what is recorded of them", async () => {
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

import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { isRoot, temporaryFolder } from "../../test/support/folders.ts"
import { type FolderListOptions, listFolder } from "./folder-list.ts"
import { folderOriginals } from "./folder-originals.ts"

const fill = async (folder: string, keys: readonly string[]): Promise<void> => {
  for (const key of keys) {
    await mkdir(dirname(join(folder, key)), { recursive: true })
    await writeFile(join(folder, key), key)
  }
}

const listed = async (folder: string, prefix = "", options: FolderListOptions = {}): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const key of listFolder(folder, prefix, options)) keys.push(key)
  return keys
}

/** The definition of a list: sorted by bytes, filtered by prefix and `after`. */
const expected = (keys: Iterable<string>, prefix: string, after: string | undefined): readonly string[] =>
  [...keys]
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .filter((key) => key.startsWith(prefix))
    .filter((key) => after === undefined || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)

/** Few letters, so that names are often prefixes of each other, with those that sort around the slash and beyond U+FFFF. */
const name = fc
  .array(fc.constantFrom("a", "b", "-", ".", "0", " ", "%", "\u{e9}", "\u{ff61}", "\u{1f3fa}"), {
    minLength: 1,
    maxLength: 3,
  })
  .map((letters) => letters.join(""))
  .filter((text) => text !== "." && text !== "..")

/** Keys of files that can be in one folder together: none is the folder of another. */
const tree = fc
  .uniqueArray(
    fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/")),
    { maxLength: 30 },
  )
  .map((keys) => keys.filter((key) => !keys.some((other) => other.startsWith(`${key}/`))))

describe("listFolder", () => {
  it("listFolder equals the sorted list of keys, for any tree, prefix and place to continue", async () => {
    await fc.assert(
      fc.asyncProperty(tree, fc.array(fc.nat(), { minLength: 4, maxLength: 4 }), name, async (keys, picks, other) => {
        const folder = await temporaryFolder()
        await fill(folder, keys)
        const pick = (at: number): string => keys[(picks[at] ?? 0) % Math.max(1, keys.length)] ?? ""
        const cut = pick(1).slice(0, (picks[2] ?? 0) % (pick(1).length + 1))
        for (const prefix of ["", cut, other, `${dirname(pick(1))}/`])
          for (const after of [undefined, pick(0), `${pick(0)}/`, dirname(pick(0)), pick(3).slice(0, -1), other])
            expect(await listed(folder, prefix, { after })).toEqual(expected(keys, prefix, after))
        await rm(folder, { recursive: true })
      }),
      { numRuns: 60 },
    )
  })

  it("listFolder reads no further folder than the keys that were taken from it need", async () => {
    const folder = await temporaryFolder()
    await fill(folder, ["a/1.jpg", "a/2.jpg", "b/1.jpg"])
    const keys = listFolder(folder, "", {})[Symbol.asyncIterator]()
    expect(await keys.next()).toMatchObject({ value: "a/1.jpg" })
    await rm(join(folder, "b"), { recursive: true })
    await fill(folder, ["b/3.jpg"])
    expect(await keys.next()).toMatchObject({ value: "a/2.jpg" })
    expect(await keys.next()).toMatchObject({ value: "b/3.jpg" })
    expect(await keys.next()).toMatchObject({ done: true })
  })

  it("listFolder reports a folder that cannot be read and lists the others", async ({ skip }) => {
    skip(!isRoot, "stepping down to another user needs root")
    const folder = await temporaryFolder({ readable: true })
    await fill(folder, ["a/1.jpg", "lost+found/x.jpg", "z.jpg"])
    await chmod(join(folder, "lost+found"), 0o700)
    const unreadable: string[] = []
    process.seteuid?.(65_534)
    try {
      const onUnreadable = (path: string): void => void unreadable.push(path)
      expect(await listed(folder, "", { onUnreadable })).toEqual(["a/1.jpg", "z.jpg"])
    } finally {
      process.seteuid?.(0)
    }
    expect(unreadable).toEqual([join(folder, "lost+found/")])
  })

  it("listFolder fails if the root cannot be read", async () => {
    await expect(listed(join(await temporaryFolder(), "absent"))).rejects.toMatchObject({ code: "store-unavailable" })
  })

  it("listFolder does not enter folders behind links, so cycles end", async () => {
    const folder = await temporaryFolder()
    await fill(folder, ["a/1.jpg"])
    await symlink("..", join(folder, "a", "up"))
    await symlink("a", join(folder, "b"))
    expect(await listed(folder)).toEqual(["a/1.jpg"])
    expect(await listed(folder, "b/")).toEqual([])
  })

  it("listFolder stops when the caller's signal aborts", async () => {
    const folder = await temporaryFolder()
    await fill(folder, ["a.jpg", "b.jpg"])
    const controller = new AbortController()
    const keys = listFolder(folder, "", { signal: controller.signal })[Symbol.asyncIterator]()
    await keys.next()
    controller.abort()
    await expect(keys.next()).rejects.toMatchObject({ name: "AbortError" })
  })
})

describe("originals in a folder", () => {
  it("originals in a folder list links to files inside the folder, and no other link", async () => {
    const [folder, outside] = [await temporaryFolder(), await temporaryFolder()]
    await fill(folder, ["a.jpg"])
    await fill(outside, ["secret.jpg"])
    await symlink("a.jpg", join(folder, "inside.jpg"))
    await symlink(join(outside, "secret.jpg"), join(folder, "outside.jpg"))
    await symlink("nowhere.jpg", join(folder, "broken.jpg"))
    const keys: string[] = []
    for await (const key of folderOriginals(folder).list("")) keys.push(key)
    expect(keys).toEqual(["a.jpg", "inside.jpg"])
  })
})

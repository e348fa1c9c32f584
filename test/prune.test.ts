/** The command `imgtailor prune` on folders and on an inventory. */
import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { describe, expect, it } from "vitest"

import { runCommand } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { flat } from "./support/photos.ts"

const OLD = ["--originals", "photos", "--renditions", "made", "--sizes", "60w,90w"]
const NEW = ["--originals", "photos", "--renditions", "made", "--sizes", "60w"]

/** A shop whose renditions were made by an older list; one original is deleted, and there are files of other programs. */
const createShop = async (): Promise<string> => {
  const cwd = await temporaryFolder()
  const photo = await flat({ width: 100, height: 80 })
  for (const key of ["shop/a.jpg", "shop/b.jpg", "gone/c.jpg", "gone/d.jpg"]) {
    await mkdir(dirname(join(cwd, "photos", key)), { recursive: true })
    await writeFile(join(cwd, "photos", key), photo)
  }
  expect((await runCommand(["warm", ...OLD], { cwd })).code).toBe(0)
  await rm(join(cwd, "photos", "shop/b.jpg"))
  await rm(join(cwd, "photos", "gone"), { recursive: true })
  for (const name of ["made/files/notes.txt", "made/files/shop/90w/theirs.jpg", "made/files/shop/60w/theirs.jpg"])
    await writeFile(join(cwd, name), "of another program")
  return cwd
}

const NAMES = ["60w/X.jpg", "60w/X.jpg.avif", "60w/X.jpg.webp", "info/X.jpg.json"]
const renditionsOf = (folder: string, name: string): readonly string[] =>
  NAMES.map((file) => `${folder}/${file.replace("X", name)}`)

describe("imgtailor prune", () => {
  it("prune deletes unlisted sizes and renditions of deleted originals, leaves other files, and does nothing while the originals are away", async () => {
    const cwd = await createShop()
    const before = await filesBelow(join(cwd, "made", "files"))
    const dry = await runCommand(["prune", "--dry-run", ...NEW], { cwd })
    expect([dry.code, dry.stderr]).toEqual([0, ""])
    expect(dry.stdout).toContain("31 files looked at: 16 renditions would be deleted.\n  12 renditions of sizes")
    await rename(join(cwd, "photos"), join(cwd, "elsewhere"))
    await mkdir(join(cwd, "photos"))
    const away = await runCommand(["prune", ...NEW], { cwd })
    expect([away.code, away.stderr]).toEqual([1, expect.stringContaining("a disk may not be mounted")])
    expect(await filesBelow(join(cwd, "made", "files"))).toEqual(before)
    await rmdir(join(cwd, "photos"))
    await rename(join(cwd, "elsewhere"), join(cwd, "photos"))

    const { code, stdout } = await runCommand(["prune", ...NEW], { cwd })
    expect([code, stdout.split("\n")[0]]).toEqual([0, "31 files looked at: 16 renditions deleted."])
    expect(stdout).toContain("  4 renditions of deleted originals\n")
    expect(stdout).toContain("Kept: 8 renditions of originals that cannot be found, but may be away")
    expect(stdout).toContain("Kept: 3 files that imgtailor did not store.\n")
    expect(await filesBelow(join(cwd, "made", "files"))).toEqual(
      [
        ...renditionsOf("gone", "c"),
        ...renditionsOf("gone", "d"),
        ...renditionsOf("shop", "a"),
        "notes.txt",
        "shop/60w/theirs.jpg",
        "shop/90w/theirs.jpg",
      ].toSorted(),
    )
    const again = await runCommand(["prune", ...NEW, "--json"], { cwd })
    expect(JSON.parse(again.stdout)).toMatchObject({ seen: 15, deleted: 0, kept: 4, missing: 8, foreign: 3 })
  })

  it("prune takes prefixes, continues after a key, and reads keys from a file", async () => {
    const cwd = await createShop()
    const prefix = await runCommand(["prune", "shop/", "--after", "shop/60w/z", ...NEW, "--json"], { cwd })
    const rows = prefix.stdout.trim().split("\n")
    expect(JSON.parse(rows.at(-1) ?? "")).toMatchObject({ seen: 9, deleted: 7, retired: 6, gone: 1 })
    await writeFile(join(cwd, "keys.txt"), "gone/90w/c.jpg\ngone/90w/d.jpg\ngone/60w/d.jpg\n")
    const inventory = await runCommand(
      ["prune", "--inventory", "keys.txt", "--after", "gone/90w/c.jpg", ...NEW, "--json"],
      { cwd },
    )
    expect(
      inventory.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { key: "gone/90w/d.jpg", reason: "retired" },
      { seen: 2, deleted: 1, missing: 1 },
    ])
  })

  it.each([
    [["shop"], "Expected a prefix like shop/"],
    [["a/", "b/", "--after", "x"], "Expected at most one prefix"],
    [["--inventory", "none.csv"], "cannot read none.csv"],
    [["--inventory", "keys.txt", "--after", "b"], "--after: Expected a key in the files of --inventory"],
  ])("prune rejects %j", async (args, message) => {
    const cwd = await temporaryFolder()
    await mkdir(join(cwd, "photos"))
    await writeFile(join(cwd, "photos", "a.jpg"), await flat())
    await writeFile(join(cwd, "keys.txt"), "60w/a.jpg\n")
    const { code, stderr } = await runCommand(["prune", ...args, ...NEW], { cwd })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })
})

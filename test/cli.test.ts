/** The command as a stranger meets it: the built program, started in a folder of theirs, judged by what it prints and how it ends. */
import { mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"

import { describe as group, expect, it, onTestFinished } from "vitest"

import { launch, launchCommand, launchServe, type LaunchOptions, PACKAGE, runCommand } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { describe, flat, quadrants } from "./support/photos.ts"

const ESCAPE = "\u001b"

/** A working directory, by its real name as processes give it, with photos in `photos/`. */
const folderWith = async (photos: Readonly<Record<string, Buffer>>): Promise<string> => {
  const folder = await realpath(await temporaryFolder())
  await mkdir(join(folder, "photos"))
  for (const [key, bytes] of Object.entries(photos)) {
    await mkdir(join(folder, "photos", dirname(key)), { recursive: true })
    await writeFile(join(folder, "photos", key), bytes)
  }
  return folder
}

const dimensionsAt = async (address: string): Promise<{ readonly width: number; readonly height: number }> => {
  const response = await fetch(address)
  expect(response.status, `status of ${address}`).toBe(200)
  const { width, height } = await describe(Buffer.from(await response.arrayBuffer()))
  return { width, height }
}

/** What an `<img>` promises: its ratio, and the width behind every `w`; and what arrives. */
const promisesOf = async (img: string): Promise<{ readonly made: unknown; readonly kept: unknown }> => {
  const read = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(img)?.[1] ?? ""
  const candidates = read("srcset")
    .split(", ")
    .map((candidate) => candidate.split(" "))
  const arrived = await Promise.all(candidates.map(([address = ""]) => dimensionsAt(address)))
  const own = await dimensionsAt(read("src"))
  const widths = candidates.map(([, w]) => w)
  return {
    made: {
      height: Math.round((own.width * Number(read("height"))) / Number(read("width"))),
      loading: read("loading"),
      widths: [...new Set(widths)],
    },
    kept: { height: own.height, loading: "lazy", widths: arrived.map((candidate) => `${candidate.width}w`) },
  }
}

/** What a run that was a mistake says: nothing on standard output, one plain message, exit code 2. */
const mistakeOf = async (args: readonly string[], options: LaunchOptions): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(args, options)
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
  expect(stderr).not.toContain(ESCAPE)
  expect(stderr, "no stack").not.toMatch(/^\s+at /m)
  return stderr
}

group("imgtailor serve", () => {
  it("prints an address for each of the first three sizes, alone on its line, of the user's own photos", async () => {
    const cwd = await folderWith({
      "a cup.jpg": await flat({ width: 900, height: 600 }),
      "shop & co/50% off?.jpg": await quadrants({ width: 600, height: 800, orientation: 6 }),
      "notes.txt": Buffer.from("not a photo"),
    })
    const running = launchCommand(["serve", "photos", "--sizes", "360x270,480h,1280w,64w", "--port", "0"], { cwd })
    await running.until(/^Renditions are kept in .*$/m)

    const lines = running.stdout().split("\n")
    const addresses = lines.filter((line) => /^\s*http:/.test(line)).map((line) => line.trim())
    const { origin } = new URL(addresses[0] ?? "")
    expect(addresses).toEqual([
      `${origin}/360x270/a%20cup.jpg`,
      `${origin}/shop%20%26%20co/480h/50%25%20off%3F.jpg`,
      `${origin}/1280w/a%20cup.jpg`,
    ])
    const dimensions = await Promise.all(addresses.map(dimensionsAt))
    expect(dimensions).toEqual([
      { width: 360, height: 270 },
      { width: 360, height: 480 },
      { width: 900, height: 600 },
    ])
    expect(lines).toContain(`Renditions are kept in ${join(cwd, ".imgtailor")}`)
    expect(await filesBelow(join(cwd, ".imgtailor", "files"))).toHaveLength(3)
    expect(running.stdout()).not.toContain(ESCAPE)
    expect(running.stderr()).not.toContain(ESCAPE)
  })

  it.each<[string, string, () => Promise<Buffer>]>([
    ["widths and heights", "1280w,480h,64w,360x270", () => flat({ width: 900, height: 600 })],
    ["crops alone, of which those of one ratio are candidates", "360x270,200x200,1200x900", () => flat()],
    ["a photo that lies on its side", "300w,100h", () => quadrants({ width: 600, height: 800, orientation: 6 })],
    ["a photo smaller than every size", "360x270,720x540,1280w,640w", () => flat({ width: 33, height: 77 })],
  ])("prints an <img> whose every w is the width that arrives: %s", async (_, sizes, make) => {
    const cwd = await folderWith({ "shop/it's.jpg": await make() })
    const running = launchCommand(["serve", "photos", "--sizes", sizes, "--port", "0"], { cwd })
    const [img] = await running.until(/^<img .*>$/m)
    const { made, kept } = await promisesOf(img)
    expect(kept).toEqual(made)
  })

  it("says the same as JSON on one line, and nothing else", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const running = await launchServe(["photos", "--sizes", "64w", "--renditions", "made", "--base-path", "/img"], {
      cwd,
    })
    const { url, addresses, img, originals, renditions } = running
    expect(new URL(url).pathname).toBe("/img")
    expect({ addresses, originals, renditions }).toEqual({
      addresses: [`${url}/64w/a.jpg`],
      originals: join(cwd, "photos"),
      renditions: join(cwd, "made"),
    })
    const { made, kept } = await promisesOf(img ?? "")
    expect(kept).toEqual(made)
    expect(running.stdout().trimEnd().split("\n")).toHaveLength(1)
  })

  it("serves a folder without photos, and says that there are none", async () => {
    const cwd = await folderWith({})
    const running = launchCommand(["serve", "photos", "--sizes", "64w", "--port", "0"], { cwd })
    await running.until(/^Renditions are kept in .*$/m)
    expect(running.stdout()).toContain("No photo was found")
    const [origin] = await running.until(/http:\/\/[\d.:]+/)
    await writeFile(join(cwd, "photos", "late.jpg"), await flat())
    expect(await dimensionsAt(`${origin}/64w/late.jpg`)).toEqual({ width: 64, height: 48 })
  })

  it.each(["SIGTERM", "SIGINT"] as const)("ends in good order on %s", async (signal) => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const running = await launchServe(["photos", "--sizes", "64w"], { cwd })
    // A kept-alive connection must not hold the end up.
    await dimensionsAt(`${running.url}/64w/a.jpg`)
    expect(await running.end(signal)).toBe(0)
    expect(await filesBelow(join(cwd, ".imgtailor", "tmp"))).toEqual([])
  })

  it("keeps renditions in the cache directory when started within the photos, and says so", async () => {
    const cwd = await folderWith({ "shop/a.jpg": await flat() })
    const options = { cwd: join(cwd, "photos", "shop"), env: { HOME: cwd, XDG_CACHE_HOME: join(cwd, "cache") } }
    const running = launchCommand(["serve", "..", "--sizes", "64w", "--port", "0"], options)
    const [, folder = ""] = await running.until(/^Renditions are kept in (.*)$/m)
    await running.until(/the working directory lies inside the photos/)
    expect(folder.startsWith(cwd)).toBe(true)
    expect(folder.startsWith(join(cwd, "photos"))).toBe(false)

    const [origin] = await running.until(/http:\/\/[\d.:]+/)
    await dimensionsAt(`${origin}/shop/64w/a.jpg`)
    expect(await filesBelow(join(folder, "files"))).toEqual(["shop/64w/a.jpg"])
    expect(await filesBelow(join(cwd, "photos"))).toEqual(["shop/a.jpg"])
  })

  it("says that a port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const cwd = await folderWith({})
    const args = ["serve", "photos", "--sizes", "64w", "--port", String(port)]
    expect(await mistakeOf(args, { cwd })).toMatch(new RegExp(`${port} is taken.*--port`))
  })

  it(
    "has photos of its own for trying it: turned, transparent, animated, 12 megapixels",
    { timeout: 60_000 },
    async () => {
      const cwd = await temporaryFolder()
      const { originals, addresses, img } = await launchServe(["--demo"], { cwd })
      const photos = await Promise.all(
        (await filesBelow(originals)).map(async (key) => {
          const { format, orientation, hasAlpha, pages, width, height } = await describe(
            await readFile(join(originals, key)),
          )
          return { format, orientation, hasAlpha, pages, megapixels: (width * height) / 1e6 }
        }),
      )
      expect(photos).toContainEqual(expect.objectContaining({ format: "jpeg", orientation: 6 }))
      expect(photos).toContainEqual(expect.objectContaining({ format: "png", hasAlpha: true }))
      expect(photos).toContainEqual(expect.objectContaining({ format: "gif", pages: 12 }))
      expect(photos).toContainEqual(expect.objectContaining({ format: "jpeg", megapixels: 12 }))
      expect(addresses).toHaveLength(3)
      await Promise.all(addresses.map(dimensionsAt))
      const { made, kept } = await promisesOf(img ?? "")
      expect(kept).toEqual(made)
    },
  )
})

group("mistakes on the command line end with 2 and say what would be right", () => {
  it.each<[string, readonly string[], readonly (string | RegExp)[]]>([
    ["a misspelt flag", ["serve", "photos", "--sizes", "64w", "--wacth"], ["--wacth", "Did you mean --watch?"]],
    ["a misspelt flag with a value", ["serve", "photos", "--size", "64w"], ["--size:", "Did you mean --sizes?"]],
    ["no sizes", ["serve", "photos"], ["sizes", /--sizes \S*\d/]],
    ["no folder", ["serve", "--sizes", "64w"], ["originals"]],
    ["a missing folder", ["serve", "nowhere", "--sizes", "64w"], ["found none", "nowhere"]],
    ["a photo for a folder", ["serve", "photos/a.jpg", "--sizes", "64w"], ["Expected a folder"]],
    ["a size that is none", ["serve", "photos", "--sizes", "64"], ["360x270, 1280w or 480h", '"64"']],
    ["a port that is none", ["serve", "photos", "--sizes", "64w", "--port", "http"], ["port", '"http"']],
    ["a port too high", ["serve", "photos", "--sizes", "64w", "--port", "99999"], ["port", "65535", "99999"]],
    ["a misspelt format", ["serve", "photos", "--sizes", "64w", "--formats", "wepb"], ["Did you mean webp?"]],
    ["two folders", ["serve", "photos", "more", "--sizes", "64w"], ["more"]],
    [
      "renditions among the originals",
      ["serve", "photos", "--sizes", "64w", "--renditions", "photos/made"],
      ["outside"],
    ],
    ["a configuration file that is missing", ["serve", "--config", "my.json"], ["my.json"]],
    ["a command that is none", ["srve"], ["srve", "Did you mean serve?"]],
    ["nothing to purge", ["purge"], [/original/i, /\w\. --help shows how\.\n$/]],
    ["nothing to tell of", ["info"], [/original/i]],
    [
      "a word that is not one of a few",
      ["package", "--mode", "both"],
      [/redirect, direct, sync\. --help shows how\.\n$/],
    ],
    [
      "two places of originals",
      ["serve", "photos", "--originals", "other", "--sizes", "64w"],
      ['"photos" as the argument and "other" by --originals'],
    ],
    [
      "switches that are neither on nor off",
      ["serve", "photos", "--sizes", "64w", "--watch=maybe", "--sharedStore=on"],
      [
        "2 mistakes",
        '--watch: Expected true or false, got "maybe".',
        '--shared-store: Expected true or false, got "on".',
      ],
    ],
    ["a switch of a command's own", ["package", "--layer=maybe"], ["--layer: Expected true or false"]],
    ["no sizes for the edge", ["edge"], [/sizes: this setting is missing.*--sizes \S*\d/]],
    [
      "an original as in an address",
      ["info", "/shop/a.jpg", "--originals", "photos", "--sizes", "64w"],
      ['got "/shop/a.jpg". Without a slash at the start: shop/a.jpg\n'],
    ],
    [
      "an original outside",
      ["info", "../a.jpg", "--originals", "photos", "--sizes", "64w"],
      ["Expected an original", "../a.jpg"],
    ],
    ["a prefix outside", ["purge", "../", "--originals", "photos", "--sizes", "64w"], ["Expected", "../"]],
  ])("%s", async (_, args, parts) => {
    const cwd = await folderWith({ "a.jpg": await flat({ width: 8, height: 8 }) })
    const mistake = await mistakeOf(args, { cwd })
    for (const part of parts) expect(mistake).toMatch(part)
  })

  it("reports a misspelt flag once: its value is no mistake of its own", async () => {
    const cwd = await folderWith({})
    const mistake = await mistakeOf(["serve", "photos", "--size", "64w"], { cwd })
    expect(mistake).toContain("has a mistake:")
    expect(mistake.match(/^ {2}- /gm)).toHaveLength(1)
  })
})

group("imgtailor.config", () => {
  const settings = `{ originals: "../photos", sizes: ["64w"] }`
  it.each([
    ["json", `{ "originals": "../photos", "sizes": ["64w"] }`],
    ["mjs", `export default ${settings}`],
    ["js", `export default ${settings}`],
    ["cjs", `module.exports = ${settings}`],
    ["mts", `const options: { sizes: string[]; originals: string } = ${settings}\nexport default options`],
    ["ts", `import { defineConfig } from "imgtailor"\nexport default defineConfig(${settings})`],
  ])("may be .%s; its folders are relative to the file", async (extension, text) => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const project = join(cwd, "project")
    await mkdir(join(project, "node_modules"), { recursive: true })
    await symlink(PACKAGE, join(project, "node_modules", "imgtailor"), "dir")
    await writeFile(join(project, `imgtailor.config.${extension}`), text)

    const { code, stdout, stderr } = await runCommand(["info", "a.jpg", "--json"], { cwd: project })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const { renditions } = JSON.parse(stdout) as { renditions: { address: string }[] }
    expect(renditions.map(({ address }) => address)).toContain("/64w/a.jpg")
  })

  it("may be elsewhere: --config names it", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    await mkdir(join(cwd, "project"))
    await writeFile(join(cwd, "project", "my.json"), `{ "originals": "../photos", "sizes": ["64w"] }`)
    const { stdout } = await runCommand(["info", "a.jpg", "--config", "project/my.json"], { cwd })
    expect(stdout).toContain("/64w/a.jpg")
  })

  it("is asked after the environment, and that after the arguments", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    await writeFile(join(cwd, "imgtailor.config.json"), `{ "originals": "photos", "sizes": ["64w"], "formats": [] }`)
    const sizesOf = async (args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> => {
      const { stdout } = await runCommand(["info", "a.jpg", ...args], { cwd, env })
      return stdout.match(/\/\d+\w+(?=\/a\.jpg)/g)?.join(" ") ?? ""
    }
    expect(await sizesOf([], {})).toBe("/64w")
    expect(await sizesOf([], { IMGTAILOR_SIZES: "65w" })).toBe("/65w")
    expect(await sizesOf(["--sizes", "66w,67w"], { IMGTAILOR_SIZES: "65w" })).toBe("/66w /67w")
  })

  it("is refused with its path where it cannot be read, and by its keys where they are wrong", async () => {
    const cwd = await folderWith({})
    const path = join(cwd, "imgtailor.config.json")
    await writeFile(path, `{ "sizes": ["64w" `)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toContain(path)
    await writeFile(path, `{ "sizes": ["64w"], "limits": { "pixel": 5 } }`)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toMatch(/limits\.pixel: .*Did you mean limits\.pixels\?/)
    await writeFile(path, `{ "sizes": "64w" }`)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toMatch(/sizes: Expected .*"64w"/)
  })
})

/** The settings of a folder with photos in `photos/`. */
const SETTINGS = ["--originals", "photos", "--sizes", "64w,32x32", "--formats", "webp"]

group("imgtailor info", () => {
  it("tells of a photo and of every address it has, in a table or as JSON, as they then arrive", async () => {
    const cwd = await folderWith({ "shop/a cup.jpg": await quadrants({ width: 90, height: 120, orientation: 6 }) })
    const { url } = await launchServe(SETTINGS, { cwd })

    const table = await runCommand(["info", "shop/a cup.jpg", ...SETTINGS], { cwd })
    expect(table.code).toBe(0)
    expect(table.stdout).not.toContain(ESCAPE)
    expect(table.stdout).toMatch(/width +90\n +height +120\n +format +jpeg\n/)
    expect(table.stdout).toMatch(/\/shop\/64w\/a%20cup\.jpg +64x85 +jpeg +not made yet\n/)

    const { code, stdout } = await runCommand(["info", "shop/a cup.jpg", ...SETTINGS, "--json"], { cwd })
    expect(code).toBe(0)
    const told = JSON.parse(stdout) as {
      original: object
      renditions: { address: string; format: string; width?: number; height?: number; stored: boolean }[]
    }
    expect(told.original).toMatchObject({ key: "shop/a cup.jpg", width: 90, height: 120, format: "jpeg", frames: 1 })
    expect(told.renditions.map(({ address, format }) => `${address} ${format}`)).toEqual([
      "/shop/64w/a%20cup.jpg jpeg",
      "/shop/64w/a%20cup.jpg.webp webp",
      "/shop/32x32/a%20cup.jpg jpeg",
      "/shop/32x32/a%20cup.jpg.webp webp",
      "/shop/info/a%20cup.jpg.json json",
    ])
    for (const { address, format, width, height, stored } of told.renditions) {
      expect(stored).toBe(false)
      if (format === "json") continue
      const arrived = await describe(Buffer.from(await (await fetch(`${url}${address}`)).arrayBuffer()))
      expect({ format: arrived.format, width: arrived.width, height: arrived.height }).toEqual({
        format,
        width,
        height,
      })
    }
  })

  it("tells what is stored", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const { url } = await launchServe(SETTINGS, { cwd })
    await dimensionsAt(`${url}/64w/a.jpg`)
    const { stdout } = await runCommand(["info", "a.jpg", ...SETTINGS], { cwd })
    expect(stdout).toMatch(/\/64w\/a\.jpg .* stored\n/)
    expect(stdout).toMatch(/\/32x32\/a\.jpg .* not made yet\n/)
  })

  it.each([[[]], [["--json"]]])("ends with 1 where there is no such photo (%j)", async (more) => {
    const cwd = await folderWith({})
    const { code, stdout, stderr } = await runCommand(["info", "none.jpg", ...SETTINGS, ...more], { cwd })
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toBe('imgtailor: No original "none.jpg" was found.\n')
  })

  it("ends with 1 and says what a file is that is no photo", async () => {
    const cwd = await folderWith({ "page.svg": Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"/>`) })
    const { code, stderr } = await runCommand(["info", "page.svg", ...SETTINGS], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/SVG/)
  })
})

group("imgtailor purge", () => {
  it("deletes an original's renditions, then a folder's, says how many, and touches no original", async () => {
    const photo = await flat()
    const cwd = await folderWith({ "shop/a.jpg": photo, "shop/b.jpg": photo, "a.jpg": photo })
    const { url, renditions, end } = await launchServe(SETTINGS, { cwd })
    for (const name of [
      "shop/64w/a.jpg",
      "shop/32x32/a.jpg.webp",
      "shop/info/a.jpg.json",
      "shop/64w/b.jpg",
      "64w/a.jpg",
    ])
      expect((await fetch(`${url}/${name}`)).status).toBe(200)
    await end()

    const one = await runCommand(["purge", "shop/a.jpg", ...SETTINGS], { cwd })
    expect(one).toMatchObject({ code: 0, stdout: "Deleted 3 renditions of shop/a.jpg.\n" })
    expect(await filesBelow(join(renditions, "files"))).toEqual(["64w/a.jpg", "shop/64w/b.jpg"])

    const nothing = await runCommand(["purge", "shop", ...SETTINGS], { cwd })
    expect(nothing.stdout).toMatch(/^Deleted 0 renditions of shop\.\n.*shop\/\n$/)

    const image = await runCommand(["purge", "shop/none.jpg", ...SETTINGS], { cwd })
    expect(image.stdout).toBe("Deleted 0 renditions of shop/none.jpg.\nNothing was stored for it.\n")

    const folder = await runCommand(["purge", "shop/", ...SETTINGS], { cwd })
    expect(folder).toMatchObject({ code: 0, stdout: "Deleted 1 rendition of shop/.\n" })
    expect(await filesBelow(join(renditions, "files"))).toEqual(["64w/a.jpg"])

    const all = await runCommand(["purge", "/", ...SETTINGS, "--json"], { cwd })
    expect(JSON.parse(all.stdout)).toEqual({ deleted: 1 })
    expect(await filesBelow(renditions)).toEqual([])

    for (const key of ["shop/a.jpg", "shop/b.jpg", "a.jpg"])
      expect(photo.equals(await readFile(join(cwd, "photos", key))), `${key} as it was`).toBe(true)
  })

  it("touches no original in a shared store either", async () => {
    const photo = await flat()
    const cwd = await folderWith({ "shop/a.jpg": photo })
    const shared = ["--originals", "photos", "--renditions", "photos", "--shared-store", "--sizes", "64w"]
    const { url, end } = await launchServe(shared, { cwd })
    await dimensionsAt(`${url}/shop/64w/a.jpg`)
    await end()
    expect(await filesBelow(join(cwd, "photos"))).toContain("shop/64w/a.jpg")
    const { stdout } = await runCommand(["purge", "/", ...shared], { cwd })
    expect(stdout).toBe("Deleted 1 rendition of /.\n")
    expect(await filesBelow(join(cwd, "photos"))).toEqual(["shop/a.jpg"])
  })
})

group("imgtailor warm", () => {
  it("makes everything that can be asked for, once, and says so line by line", async () => {
    const photo = await flat()
    const cwd = await folderWith({
      "shop/a.jpg": photo,
      "b.webp": await flat({ format: "webp" }),
      "notes.txt": Buffer.from("no photo"),
    })
    const first = await runCommand(["warm", ...SETTINGS, "--renditions", "made", "--json"], { cwd })
    expect(first).toMatchObject({ code: 0, stderr: "" })
    const rows = first.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly original: string })
    expect(rows.toSorted((a, b) => (a.original < b.original ? -1 : 1))).toEqual([
      { original: "b.webp", made: 3, stored: 0 },
      { original: "shop/a.jpg", made: 5, stored: 0 },
    ])
    expect(await filesBelow(join(cwd, "made", "files"))).toContain("shop/info/a.jpg.json")

    const second = await runCommand(["warm", "shop/", ...SETTINGS, "--renditions", "made"], { cwd })
    expect(second).toMatchObject({ code: 0, stdout: "shop/a.jpg: made 0, stored before 5\n" })
    const absent = await runCommand(["warm", "shop/c.jpg", ...SETTINGS, "--renditions", "made"], { cwd })
    expect(absent.code).toBe(1)
    expect(absent.stdout).toContain("No original")
  })
})

group("switches", () => {
  it.each([
    ["--json=1", true],
    ["--json=YES", true],
    ["--json=0", false],
    ["--json=no", false],
    ["--no-json", false],
  ])("mean what they say: %s", async (flag, isJson) => {
    const cwd = await folderWith({})
    const { stdout, code } = await runCommand(["purge", "/", ...SETTINGS, flag], { cwd })
    expect([code, stdout]).toEqual([0, isJson ? `{"deleted":0}\n` : "Deleted 0 renditions of /.\n"])
  })
})

group("a bucket without credentials", () => {
  const bucket = ["s3://shop-photos", "--renditions", "s3://shop-made", "--sizes", "64w", "--s3-region", "eu-central-1"]
  const env = { AWS_EC2_METADATA_DISABLED: "true" }

  it("is told by serve in one line, rather than that there are no photos", async () => {
    const running = launchCommand(["serve", ...bucket, "--port", "0"], { cwd: await temporaryFolder(), env })
    await running.until(/^Renditions are kept in .*$/m)
    expect(running.stdout()).toMatch(/^ {2}Its photos could not be listed: No credentials .*AWS_ACCESS_KEY_ID.*$/m)
    expect(running.stdout()).not.toContain("No photo was found")
  })

  it("is told by every other command, too", async () => {
    const { code, stdout, stderr } = await runCommand(["info", "a.jpg", "--originals", ...bucket], {
      cwd: await temporaryFolder(),
      env,
    })
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(/^imgtailor: .*No credentials .*AWS_ACCESS_KEY_ID.*\n$/)
  })
})

group.skipIf(process.platform === "win32")("a pipe whose reader ends", () => {
  it("ends the command without a word, as the shell says of a broken pipe", async () => {
    const photo = await flat({ width: 16, height: 16 })
    const cwd = await folderWith(Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at}.jpg`, photo])))
    const main = join(PACKAGE, "dist", "cli", "main.js")
    const script = `"$0" "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`
    const args = ["-c", script, process.execPath, main, "warm", ...SETTINGS]
    const running = launch("bash", args, { cwd })
    await running.ended
    expect(running.stderr()).toBe("")
    expect(running.stdout()).toMatch(/^\d\.jpg: made 5, stored before 0\n141\n$/)
  })
})

group("help", () => {
  it.each([[], ["serve"], ["info"], ["purge"], ["warm"], ["types"]])(
    "is there with an example: imgtailor %s",
    async (...command) => {
      const cwd = await temporaryFolder()
      const { code, stdout, stderr } = await runCommand([...command, "--help"], { cwd })
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(stdout).toMatch(new RegExp(`\\nEXAMPLES\\n\\n {2}imgtailor ${command[0] ?? "\\w+"} `))
      expect(stdout).not.toContain(ESCAPE)
    },
  )

  it("names every command, and the version", async () => {
    const cwd = await temporaryFolder()
    const { stdout } = await runCommand(["--help"], { cwd })
    for (const command of ["serve", "info", "purge", "warm", "types"])
      expect(stdout).toMatch(new RegExp(`^ +${command} {2,}[A-Z]`, "m"))
    const { version } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as { version: string }
    expect(await runCommand(["--version"], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })
})

/** Tests of the command line: the output, exit code and files of the built program. */
import { chmod, mkdir, readFile, realpath, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"

import { describe as group, expect, it, onTestFinished } from "vitest"

import { createClient, type KnownInfo } from "../src/client/client.ts"
import type { OriginalChange } from "../src/hooks.ts"
import { launch, launchCommand, launchServe, type LaunchOptions, PACKAGE, runCommand } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { describe, flat, quadrants } from "./support/photos.ts"
import { startReceiver } from "./support/receiver.ts"

const ESCAPE = "\u001b"
/** The id of an unprivileged user. */
const NOBODY = 65_534

/** A working directory with photos in `photos/`; its real path, as processes print it. */
const folderWith = async (photos: Readonly<Record<string, Buffer>>): Promise<string> => {
  const folder = await realpath(await temporaryFolder())
  await mkdir(join(folder, "photos"))
  for (const [key, bytes] of Object.entries(photos)) {
    await mkdir(join(folder, "photos", dirname(key)), { recursive: true })
    await writeFile(join(folder, "photos", key), bytes)
  }
  return folder
}

const dimensionsAt = async (url: string): Promise<{ readonly width: number; readonly height: number }> => {
  const response = await fetch(url)
  expect(response.status, `status of ${url}`).toBe(200)
  const { width, height } = await describe(Buffer.from(await response.arrayBuffer()))
  return { width, height }
}

interface ImageFacts {
  readonly height: number
  readonly loading: string
  readonly widths: readonly string[]
}

/** The dimensions that the attributes of an `<img>` declare, and those of the images behind its URLs. */
const compareImg = async (img: string): Promise<{ readonly declared: ImageFacts; readonly actual: ImageFacts }> => {
  const read = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(img)?.[1] ?? ""
  const candidates = read("srcset")
    .split(", ")
    .map((candidate) => candidate.split(" "))
  const returned = await Promise.all(candidates.map(([url = ""]) => dimensionsAt(url)))
  const own = await dimensionsAt(read("src"))
  const widths = candidates.map(([, w = ""]) => w)
  return {
    declared: {
      height: Math.round((own.width * Number(read("height"))) / Number(read("width"))),
      loading: read("loading"),
      widths: [...new Set(widths)],
    },
    actual: { height: own.height, loading: "lazy", widths: returned.map((candidate) => `${candidate.width}w`) },
  }
}

/** The message of a run with a mistake: nothing on standard output, no colours, exit code 2. */
const mistakeOf = async (args: readonly string[], options: LaunchOptions): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(args, options)
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
  expect(stderr).not.toContain(ESCAPE)
  expect(stderr, "no stack").not.toMatch(/^\s+at /m)
  return stderr
}

group("imgtailor serve", () => {
  it("serve prints a URL for each of the first three sizes, alone on its line, of existing images", async () => {
    const cwd = await folderWith({
      "a cup.jpg": await flat({ width: 900, height: 600 }),
      "shop & co/50% off?.jpg": await quadrants({ width: 600, height: 800, orientation: 6 }),
      "notes.txt": Buffer.from("not a photo"),
    })
    const running = launchCommand(["serve", "photos", "--sizes", "360x270,480h,1280w,64w", "--port", "0"], { cwd })
    await running.until(/^Renditions are stored in .*$/m)

    const lines = running.stdout().split("\n")
    const urls = lines.filter((line) => /^\s*http:/.test(line)).map((line) => line.trim())
    const { origin } = new URL(urls[0] ?? "")
    expect(urls).toEqual([
      `${origin}/360x270/a%20cup.jpg`,
      `${origin}/shop%20%26%20co/480h/50%25%20off%3F.jpg`,
      `${origin}/1280w/a%20cup.jpg`,
    ])
    const dimensions = await Promise.all(urls.map(dimensionsAt))
    expect(dimensions).toEqual([
      { width: 360, height: 270 },
      { width: 360, height: 480 },
      { width: 900, height: 600 },
    ])
    expect(lines).toContain(`Renditions are stored in ${join(cwd, ".imgtailor")}`)
    expect(await filesBelow(join(cwd, ".imgtailor", "files"))).toHaveLength(3)
    expect(running.stdout()).not.toContain(ESCAPE)
    expect(running.stderr()).not.toContain(ESCAPE)
  })

  it.each<[string, string, () => Promise<Buffer>]>([
    ["widths and heights", "1280w,480h,64w,360x270", () => flat({ width: 900, height: 600 })],
    ["crops only, of which those of one ratio are candidates", "360x270,200x200,1200x900", () => flat()],
    ["an image with an EXIF orientation", "300w,100h", () => quadrants({ width: 600, height: 800, orientation: 6 })],
    ["an image smaller than every size", "360x270,720x540,1280w,640w", () => flat({ width: 33, height: 77 })],
  ])("serve prints an <img> whose srcset has true widths: %s", async (_, sizes, make) => {
    const cwd = await folderWith({ "shop/it's.jpg": await make() })
    const running = launchCommand(["serve", "photos", "--sizes", sizes, "--port", "0"], { cwd })
    const [img] = await running.until(/^<img .*>$/m)
    const { declared, actual } = await compareImg(img)
    expect(actual).toEqual(declared)
  })

  it("serve --json prints one line of JSON and nothing else", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const running = await launchServe(["photos", "--sizes", "64w", "--renditions", "made", "--base-path", "/img"], {
      cwd,
    })
    const { url, urls, img, originals, renditions } = running
    expect(new URL(url).pathname).toBe("/img")
    expect({ urls, originals, renditions }).toEqual({
      urls: [`${url}/64w/a.jpg`],
      originals: join(cwd, "photos"),
      renditions: join(cwd, "made"),
    })
    const { declared, actual } = await compareImg(img ?? "")
    expect(actual).toEqual(declared)
    expect(running.stdout().trimEnd().split("\n")).toHaveLength(1)
  })

  it("serve starts with an empty folder, reports it, and serves an image that is added later", async () => {
    const cwd = await folderWith({})
    const running = launchCommand(["serve", "photos", "--sizes", "64w", "--port", "0"], { cwd })
    await running.until(/^Renditions are stored in .*$/m)
    expect(running.stdout()).toContain("No images found yet")
    const [origin] = await running.until(/http:\/\/[\d.:]+/)
    await writeFile(join(cwd, "photos", "late.jpg"), await flat())
    expect(await dimensionsAt(`${origin}/64w/late.jpg`)).toEqual({ width: 64, height: 48 })
  })

  it.each(["SIGTERM", "SIGINT"] as const)("serve exits with 0 on %s and leaves no temporary files", async (signal) => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const running = await launchServe(["photos", "--sizes", "64w"], { cwd })
    // An idle keep-alive connection must not delay the end.
    await dimensionsAt(`${running.url}/64w/a.jpg`)
    expect(await running.end(signal)).toBe(0)
    expect(await filesBelow(join(cwd, ".imgtailor", "tmp"))).toEqual([])
  })

  it("serve uses the cache directory, with a notice, if it is started inside the originals", async () => {
    const cwd = await folderWith({ "shop/a.jpg": await flat() })
    const options = { cwd: join(cwd, "photos", "shop"), env: { HOME: cwd, XDG_CACHE_HOME: join(cwd, "cache") } }
    const running = launchCommand(["serve", "..", "--sizes", "64w", "--port", "0"], options)
    const [, folder = ""] = await running.until(/^Renditions are stored in (.*)$/m)
    await running.until(/the working directory is inside the originals/)
    expect(folder.startsWith(cwd)).toBe(true)
    expect(folder.startsWith(join(cwd, "photos"))).toBe(false)

    const [origin] = await running.until(/http:\/\/[\d.:]+/)
    await dimensionsAt(`${origin}/shop/64w/a.jpg`)
    expect(await filesBelow(join(folder, "files"))).toEqual(["shop/64w/a.jpg"])
    expect(await filesBelow(join(cwd, "photos"))).toEqual(["shop/a.jpg"])
  })

  it("serve reports a port that is in use", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const cwd = await folderWith({})
    const args = ["serve", "photos", "--sizes", "64w", "--port", String(port)]
    expect(await mistakeOf(args, { cwd })).toMatch(new RegExp(`${port} is already in use.*--port`))
  })

  it("serve --demo generates images: rotated, transparent, animated, 12 megapixels", { timeout: 60_000 }, async () => {
    const cwd = await temporaryFolder()
    const { originals, urls, img } = await launchServe(["--demo"], { cwd })
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
    expect(urls).toHaveLength(3)
    await Promise.all(urls.map(dimensionsAt))
    const { declared, actual } = await compareImg(img ?? "")
    expect(actual).toEqual(declared)
  })
})

group("mistakes on the command line", () => {
  it.each<[string, readonly string[], readonly (string | RegExp)[]]>([
    ["a misspelt option", ["serve", "photos", "--sizes", "64w", "--wacth"], ["'--wacth'", "Did you mean --watch?"]],
    ["a misspelt option with a value", ["serve", "photos", "--size", "64w"], ["'--size'", "Did you mean --sizes?"]],
    ["no sizes", ["serve", "photos"], ["sizes: this setting is required", /--sizes \S*\d/]],
    ["no folder", ["serve", "--sizes", "64w"], ["originals"]],
    ["a missing folder", ["serve", "nowhere", "--sizes", "64w"], ["found none", "nowhere"]],
    ["a file for a folder", ["serve", "photos/a.jpg", "--sizes", "64w"], ["Expected a folder"]],
    ["an invalid size", ["serve", "photos", "--sizes", "64"], ["360x270, 1280w or 480h", '"64"']],
    ["a size of zero", ["serve", "photos", "--sizes", "0x0"], [/got "0x0"\.\n$/]],
    ["an invalid port", ["serve", "photos", "--sizes", "64w", "--port", "http"], ["port", '"http"']],
    ["a port that is too high", ["serve", "photos", "--sizes", "64w", "--port", "99999"], ["port", "65535", "99999"]],
    ["a misspelt format", ["serve", "photos", "--sizes", "64w", "--formats", "wepb"], ["Did you mean webp?"]],
    ["a format with two qualities", ["serve", "photos", "--sizes", "64w", "--quality", "jpeg=80,jpeg=70"], ["once"]],
    [
      "an invalid Cache-Control header",
      ["serve", "photos", "--sizes", "64w", "--cache-control", "public; max-age"],
      ["cacheControl: Expected Cache-Control directives separated by commas", '"public; max-age"'],
    ],
    ["two folders", ["serve", "photos", "more", "--sizes", "64w"], ["too many arguments"]],
    ["--demo with a folder", ["serve", "photos", "--demo"], ['--demo: Expected no folder beside it, got "photos"']],
    ["--demo with --originals", ["serve", "--demo", "--originals", "photos"], ["--demo: Expected no folder"]],
    ["renditions inside the originals", ["serve", "photos", "--sizes", "64w", "--renditions", "photos/x"], ["outside"]],
    [
      "an unsupported store for originals",
      ["serve", "ftp://example.com/photos", "--sizes", "64w"],
      ["originals: Expected a folder, s3://bucket/prefix, ", "(ftp:// is not supported)"],
    ],
    [
      "an unsupported store for renditions",
      ["serve", "photos", "--sizes", "64w", "--renditions", "https://example.com"],
      ['(https:// is only for originals), got "https://example.com"'],
    ],
    ["s3 in upper case", ["serve", "S3://shop-photos", "--sizes", "64w"], ["originals: Expected s3:// in lower case"]],
    ["a missing configuration file", ["serve", "--config", "my.json"], ["my.json"]],
    ["an unknown command", ["srve"], ["'srve'", "Did you mean serve?"]],
    ["help for an unknown command", ["help", "srve"], ["'srve'", "Did you mean serve?"]],
    [
      "purge with a mistyped folder",
      ["purge", "/", "--originals", "photos", "--sizes", "64w", "--renditions", "mistyped"],
      ["Expected the folder of the renditions", "mistyped"],
    ],
    ["purge without an original", ["purge"], ["Expected an original like shop/photo.jpg"]],
    ["info without an original", ["info"], ["'original'"]],
    ["an unknown mode", ["package", "--mode", "both"], ["redirect, direct, sync.\n", "imgtailor package --help"]],
    [
      "two different folders of originals",
      ["serve", "photos", "--originals", "other", "--sizes", "64w"],
      ['"photos" as the argument and "other" by --originals'],
    ],
    [
      "booleans that are neither true nor false",
      ["serve", "photos", "--sizes", "64w", "--watch=maybe", "--shared-store=on"],
      [
        "2 mistakes",
        '--watch: Expected true or false, got "maybe".',
        '--shared-store: Expected true or false, got "on".',
      ],
    ],
    ["a boolean of one command", ["package", "--layer=maybe"], ["--layer: Expected true or false"]],
    ["edge without sizes", ["edge"], [/sizes: this setting is required.*--sizes \S*\d/]],
    [
      "a URL path for an original",
      ["info", "/shop/a.jpg", "--originals", "photos", "--sizes", "64w"],
      ['got "/shop/a.jpg". Without the leading slash: shop/a.jpg\n'],
    ],
    [
      "an original outside the folder",
      ["info", "../a.jpg", "--originals", "photos", "--sizes", "64w"],
      ["Expected an original", "../a.jpg"],
    ],
    ["a prefix outside the folder", ["purge", "../", "--originals", "photos", "--sizes", "64w"], ["Expected", "../"]],
  ])("imgtailor exits with 2 and describes the expected form after %s", async (_, args, parts) => {
    const cwd = await folderWith({ "a.jpg": await flat({ width: 8, height: 8 }) })
    const mistake = await mistakeOf(args, { cwd })
    for (const part of parts) expect(mistake).toMatch(part)
  })

  it("imgtailor reports a misspelt option once, without its value", async () => {
    const cwd = await folderWith({})
    const mistake = await mistakeOf(["serve", "photos", "--size", "64w"], { cwd })
    expect(mistake.match(/^imgtailor: /gm)).toHaveLength(1)
    expect(mistake).not.toContain("64w")
  })

  it("imgtailor reports misspelt environment variables, and ignores those of a Kubernetes service", async () => {
    const cwd = await folderWith({})
    const service = { IMGTAILOR_SERVICE_HOST: "10.0.0.1", IMGTAILOR_PORT: "tcp://10.0.0.1:3000" }
    const env = { IMGTAILOR_SIZE: "64w", IMGTAILOR_LIMITS_DEADLINE_MS: "1", ...service }
    const mistake = await mistakeOf(["serve", "photos", "--sizes", "64w"], { cwd, env })
    expect(mistake).toContain("IMGTAILOR_SIZE: unknown environment variable. Did you mean IMGTAILOR_SIZES?")
    expect(mistake).toContain("Did you mean IMGTAILOR_DEADLINE_MS?")
    expect(mistake).not.toMatch(/SERVICE_HOST|port/i)
  })

  it("imgtailor reports values that are valid but unusual, and uses the last of repeated options", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const args = ["--sizes", "64w", "--sizes", "65w", "--pixels", "400000", "--renders", "1000000", "--formats", "[]"]
    args.push("--compat", "thumbor", "--compat-keys", "thumbor=first-key", "--compat-keys", "thumbor=last-key")
    const { code, stdout, stderr } = await runCommand(["info", "a.jpg", "--originals", "photos", ...args], { cwd })
    expect([code, stdout.includes("/65w/a.jpg"), stdout.includes("/64w/a.jpg")]).toEqual([0, true, false])
    expect(stderr).toContain('imgtailor: --sizes was given more than once: "65w" replaces "64w".\n')
    expect(stderr).toContain("imgtailor: --compat-keys was given more than once: only the last value counts.\n")
    expect(stderr).not.toContain("first-key")
    expect(stderr).toMatch(/^imgtailor: limits\.pixels is 400000: .*$/m)
    expect(stderr).toMatch(/^imgtailor: limits\.renders is 1000000: .*$/m)
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
  ])("imgtailor.config.%s is read, and its folders are relative to the file", async (extension, text) => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const project = join(cwd, "project")
    await mkdir(join(project, "node_modules"), { recursive: true })
    await symlink(PACKAGE, join(project, "node_modules", "imgtailor"), "dir")
    await writeFile(join(project, `imgtailor.config.${extension}`), text)

    const { code, stdout, stderr } = await runCommand(["info", "a.jpg", "--json"], { cwd: project })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const { renditions } = JSON.parse(stdout) as { renditions: { url: string }[] }
    expect(renditions.map(({ url }) => url)).toContain("/64w/a.jpg")
  })

  it("--config names a configuration file in another folder", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    await mkdir(join(cwd, "project"))
    await writeFile(join(cwd, "project", "my.json"), `{ "originals": "../photos", "sizes": ["64w"] }`)
    const { stdout } = await runCommand(["info", "a.jpg", "--config", "project/my.json"], { cwd })
    expect(stdout).toContain("/64w/a.jpg")
  })

  it("options take precedence over the environment, which takes precedence over the configuration file", async () => {
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

  it("a configuration file is rejected with its path if it does not parse, and with its keys if they are wrong", async () => {
    const cwd = await folderWith({})
    const path = join(cwd, "imgtailor.config.json")
    await writeFile(path, `{ "sizes": ["64w" `)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toContain(path)
    await writeFile(path, `{ "sizes": ["64w"], "limits": { "pixel": 5 } }`)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toMatch(/limits\.pixel: .*Did you mean limits\.pixels\?/)
    await writeFile(path, `{ "sizes": "64w" }`)
    expect(await mistakeOf(["serve", "photos"], { cwd })).toMatch(/sizes: Expected .*"64w"/)
  })

  it("a configuration file of another type is rejected alone, and noticed beside one that is read", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    await writeFile(join(cwd, "imgtailor.config.yaml"), "sizes: [64w]\n")
    const advice = "this type of file is not read; use imgtailor.config.ts, .js or .json"
    expect(await mistakeOf(["info", "a.jpg"], { cwd })).toContain(`imgtailor.config.yaml: ${advice}`)
    expect(await mistakeOf(["info", "a.jpg", "--config", "imgtailor.config.yaml"], { cwd })).toContain(advice)
    await writeFile(join(cwd, "imgtailor.config.json"), `{ "originals": "photos", "sizes": ["64w"] }`)
    const { code, stderr } = await runCommand(["info", "a.jpg"], { cwd })
    expect([code, stderr]).toEqual([0, "imgtailor: imgtailor.config.yaml is not read: imgtailor.config.json is.\n"])
  })
})

/** Options for originals in `photos/`. */
const SETTINGS = ["--originals", "photos", "--sizes", "64w,32x32", "--formats", "webp"]

group("imgtailor info", () => {
  it("info of a prefix describes all originals in a file that a client reads, and reports the others", async () => {
    const cwd = await folderWith({
      "shop/b cup.jpg": await quadrants({ width: 90, height: 120, orientation: 6 }),
      "shop/a.png": await flat({ width: 50, height: 30 }),
      "shop/broken.jpg": Buffer.from("no photo"),
      "other.jpg": await flat(),
    })
    const { code, stdout, stderr } = await runCommand(["info", "shop/", ...SETTINGS, "--json"], { cwd })
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^imgtailor: shop\/broken\.jpg: .*\n$/)])
    const infos = JSON.parse(stdout) as Readonly<Record<string, KnownInfo>>
    expect(Object.keys(infos)).toEqual(["shop/a.png", "shop/b cup.jpg"])
    const photos = createClient({ baseUrl: "", sizes: ["64w", "32x32"], infos })
    const { srcset, style, ...dimensions } = photos.img("shop/b cup.jpg", { shape: "64w", width: 64 })
    expect(dimensions).toMatchObject({ width: 64, height: 85 })
    expect(style).toContain("data:image/webp")
    expect(srcset).toBe("/shop/64w/b%20cup.jpg 64w")
    expect((await runCommand(["info", "shop/", ...SETTINGS], { cwd })).stdout).toMatch(
      /^shop\/a\.png {2}50x30 {2}\w+\n/,
    )
  })

  it("info of a prefix without photos is an empty object, and exits with 1", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const { code, stdout, stderr } = await runCommand(["info", "none/", ...SETTINGS, "--json"], { cwd })
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "{\n}\n",
      stderr: 'imgtailor: No images found under "none/".\n',
    })
  })

  it("info describes an original and lists all of its URLs, as a table and as JSON", async () => {
    const cwd = await folderWith({ "shop/a cup.jpg": await quadrants({ width: 90, height: 120, orientation: 6 }) })
    const { url } = await launchServe(SETTINGS, { cwd })

    const table = await runCommand(["info", "shop/a cup.jpg", ...SETTINGS], { cwd })
    expect(table.code).toBe(0)
    expect(table.stdout).not.toContain(ESCAPE)
    expect(table.stdout).toMatch(/width +90\n +height +120\n +format +jpeg\n/)
    expect(table.stdout).toMatch(/\/shop\/64w\/a%20cup\.jpg +64x85 +jpeg +not stored\n/)

    const { code, stdout } = await runCommand(["info", "shop/a cup.jpg", ...SETTINGS, "--json"], { cwd })
    expect(code).toBe(0)
    const described = JSON.parse(stdout) as {
      original: object
      renditions: { url: string; format: string; width?: number; height?: number; stored: boolean }[]
    }
    expect(described.original).toMatchObject({
      key: "shop/a cup.jpg",
      width: 90,
      height: 120,
      format: "jpeg",
      frames: 1,
    })
    expect(described.renditions.map((row) => `${row.url} ${row.format}`)).toEqual([
      "/shop/64w/a%20cup.jpg jpeg",
      "/shop/64w/a%20cup.jpg.webp webp",
      "/shop/32x32/a%20cup.jpg jpeg",
      "/shop/32x32/a%20cup.jpg.webp webp",
      "/shop/info/a%20cup.jpg.json json",
    ])
    for (const { url: path, format, width, height, stored } of described.renditions) {
      expect(stored).toBe(false)
      if (format === "json") continue
      const image = await describe(Buffer.from(await (await fetch(`${url}${path}`)).arrayBuffer()))
      expect({ format: image.format, width: image.width, height: image.height }).toEqual({
        format,
        width,
        height,
      })
    }
  })

  it("info says which renditions are stored", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const { url } = await launchServe(SETTINGS, { cwd })
    await dimensionsAt(`${url}/64w/a.jpg`)
    const { stdout } = await runCommand(["info", "a.jpg", ...SETTINGS], { cwd })
    expect(stdout).toMatch(/\/64w\/a\.jpg .* stored\n/)
    expect(stdout).toMatch(/\/32x32\/a\.jpg .* not stored\n/)
  })

  it.each([[[]], [["--json"]]])("info exits with 1 if there is no such original (%j)", async (more) => {
    const cwd = await folderWith({})
    const { code, stdout, stderr } = await runCommand(["info", "none.jpg", ...SETTINGS, ...more], { cwd })
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toBe('imgtailor: No original "none.jpg" was found.\n')
  })

  it("info exits with 1 and names the type of a file that is not an image", async () => {
    const cwd = await folderWith({ "page.svg": Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"/>`) })
    const { code, stderr } = await runCommand(["info", "page.svg", ...SETTINGS], { cwd })
    expect(code).toBe(1)
    expect(stderr).toMatch(/SVG/)
  })
})

group("imgtailor purge", () => {
  it("purge deletes the renditions of an original or a folder, prints their number, and changes no original", async () => {
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
    expect(image.stdout).toBe("Deleted 0 renditions of shop/none.jpg.\nNo renditions of it were stored.\n")

    const folder = await runCommand(["purge", "shop/", ...SETTINGS], { cwd })
    expect(folder).toMatchObject({ code: 0, stdout: "Deleted 1 rendition of shop/.\n" })
    expect(await filesBelow(join(renditions, "files"))).toEqual(["64w/a.jpg"])

    const all = await runCommand(["purge", "/", ...SETTINGS, "--json"], { cwd })
    expect(JSON.parse(all.stdout)).toEqual({ deleted: 1 })
    expect(await filesBelow(renditions)).toEqual(["settings.txt"])

    for (const key of ["shop/a.jpg", "shop/b.jpg", "a.jpg"])
      expect(photo.equals(await readFile(join(cwd, "photos", key))), `${key} is unchanged`).toBe(true)
  })

  it("purge and prune report the originals whose renditions they deleted before they end", async () => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    const { url, received } = await startReceiver()
    for (const args of [["purge", "a.jpg"], ["prune"]]) {
      await runCommand(["warm", "--originals", "photos", "--sizes", "64w,48w"], { cwd })
      const settings = ["--originals", "photos", "--sizes", "64w", "--notify", url]
      const { code, stderr } = await runCommand([...args, ...settings], { cwd })
      expect([args, code, stderr]).toEqual([args, 0, ""])
      // A key of an unlisted size can also be of an original that is named a.jpg.webp: both are reported.
      const reported = received
        .splice(0)
        .flatMap(({ body }) => (body as { readonly changes: readonly OriginalChange[] }).changes)
      expect(reported.map(({ original }) => original)).toContain("a.jpg")
    }
  })

  it("purge changes no original in a shared store", async () => {
    const photo = await flat()
    const cwd = await folderWith({ "shop/a.jpg": photo })
    const shared = ["--originals", "photos", "--renditions", "photos", "--shared-store", "--sizes", "64w"]
    const { url, end } = await launchServe(shared, { cwd })
    await dimensionsAt(`${url}/shop/64w/a.jpg`)
    await end()
    expect(await filesBelow(join(cwd, "photos"))).toContain("shop/64w/a.jpg")
    const { stdout } = await runCommand(["purge", "/", ...shared], { cwd })
    expect(stdout).toBe("Deleted 1 rendition of /.\n")
    expect(await filesBelow(join(cwd, "photos"))).toEqual([".imgtailor/settings.txt", "shop/a.jpg"])
  })
})

/** Standard error without the lines of the progress, which a slow run has. */
const withoutProgress = (stderr: string): string => stderr.replaceAll(/^(?!imgtailor: ).*\n/gm, "")

group("imgtailor warm", () => {
  const WARM = [...SETTINGS, "--renditions", "made"]

  it("warm renders everything once, and prints a summary; with --json a line per original", async () => {
    const cwd = await folderWith({
      "shop/a.jpg": await flat(),
      "b.webp": await flat({ format: "webp" }),
      "notes.txt": Buffer.from("no image"),
    })
    const first = await runCommand(["warm", ...WARM, "--json"], { cwd })
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

    const second = await runCommand(["warm", "shop/", "b.webp", ...WARM], { cwd })
    expect([second.code, withoutProgress(second.stderr)]).toEqual([0, ""])
    expect(second.stdout).toBe("2 originals: 0 renditions rendered, 8 already stored\n")
  })

  it("warm continues after originals and prefixes that fail, reports them at the end, and exits with 1", async () => {
    const cwd = await folderWith({ "a.jpg": await flat(), "broken.jpg": Buffer.from("no image") })
    const { code, stdout, stderr } = await runCommand(["warm", "none.jpg", "nowhere/", "/", ...WARM], { cwd })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^3 originals: 5 renditions rendered, 0 already stored, 3 failed, [\d.]+ k?B\n$/)
    const messages = withoutProgress(stderr).trim().split("\n").toSorted()
    expect(messages).toHaveLength(3)
    expect(messages[0]).toBe('imgtailor: No images found under "nowhere/".')
    expect(messages[1]).toMatch(/^imgtailor: broken\.jpg: .*not/)
    expect(messages[2]).toMatch(/^imgtailor: none\.jpg: No original/)
  })

  it.skipIf(process.getuid?.() !== 0)("warm skips a folder that cannot be read, and exits with 1", async () => {
    const cwd = await folderWith({ "a.jpg": await flat(), "lost+found/b.jpg": await flat() })
    await chmod(cwd, 0o777)
    await chmod(join(cwd, "photos", "lost+found"), 0o700)
    const { code, stdout, stderr } = await runCommand(["warm", ...WARM], { cwd, uid: NOBODY })
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/^1 original: 5 renditions rendered, 0 already stored, 1 failed, [\d.]+ k?B\n$/),
    ])
    expect(withoutProgress(stderr)).toMatch(/^imgtailor: \S*lost\+found\/? cannot be listed and is skipped: EACCES\n$/)
  })

  it("warm stops on SIGINT between renditions, prints the summary, and exits with 130", async () => {
    const photo = await flat({ width: 300, height: 200 })
    const cwd = await folderWith(Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`${at}.jpg`, photo])))
    const running = launchCommand(["warm", ...WARM, "--json"], { cwd })
    await running.until(/^\{"original":"1\d\.jpg"/m)
    expect(await running.end("SIGINT")).toBe(130)
    const count = running.stdout().trim().split("\n").length
    expect(count).toBeLessThan(40)
    const [, after = "", command = ""] =
      /Interrupted after (\S+)\. To continue: imgtailor (.*)\n/.exec(running.stderr()) ?? []
    expect(command).toContain(`warm --after ${after} `)
    const rest = await runCommand(command.split(" "), { cwd })
    expect([rest.code, withoutProgress(rest.stderr)]).toEqual([0, ""])
    const all = await runCommand(["warm", ...WARM], { cwd })
    expect(all.stdout).toBe("40 originals: 0 renditions rendered, 200 already stored\n")
  })
})

group.skipIf(process.getuid?.() !== 0)("stores that cannot be used", () => {
  /** A folder in which the unprivileged user may create files, with originals. */
  const openFolder = async (): Promise<string> => {
    const cwd = await folderWith({ "a.jpg": await flat() })
    await chmod(cwd, 0o777)
    return cwd
  }

  it.each<[string, readonly string[], (cwd: string) => Promise<unknown>, RegExp]>([
    [
      "originals that cannot be listed",
      ["photos"],
      (cwd) => chmod(join(cwd, "photos"), 0o700),
      /originals: Cannot list \S+\/photos as uid 65534: EACCES.*Grant uid 65534 access/,
    ],
    [
      "renditions that are not writable",
      ["photos", "--renditions", "made"],
      (cwd) => mkdir(join(cwd, "made"), { mode: 0o755 }),
      /renditions: Cannot store renditions in \S+\/made as uid 65534: EACCES/,
    ],
    [
      "renditions whose parent folder is not writable",
      ["photos", "--renditions", "photos-made/new"],
      (cwd) => mkdir(join(cwd, "photos-made"), { mode: 0o755 }),
      /renditions: Cannot store renditions in \S+\/new as uid 65534: EACCES/,
    ],
    [
      "renditions that are a file",
      ["photos", "--renditions", "made"],
      (cwd) => writeFile(join(cwd, "made"), ""),
      /renditions: Cannot store renditions in \S+\/made .*Expected a folder, found a file/,
    ],
  ])("serve and warm refuse to start with %s", async (_, [folder = "", ...args], prepare, message) => {
    const cwd = await openFolder()
    await prepare(cwd)
    for (const command of [
      ["serve", folder],
      ["warm", "--originals", folder],
    ]) {
      const result = await runCommand([...command, ...args, "--sizes", "64w"], { cwd, uid: NOBODY })
      expect([result.code, result.stdout]).toEqual([1, ""])
      expect(result.stderr).toMatch(message)
      expect(result.stderr).not.toMatch(/^\s+at /m)
    }
  })
})

it("serve starts with a store that does not answer at the moment, and reports it", async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  const endpoint = `http://127.0.0.1:${port}`
  const { url, stderr } = await launchServe(["s3://shop-photos", "--s3-endpoint", endpoint, "--sizes", "64w"], {
    cwd: await temporaryFolder(),
    env: { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
  })
  await expect.poll(stderr).toMatch(/"level":40,.*originals: Cannot use s3:\/\/shop-photos: connect ECONNREFUSED/)
  expect((await fetch(`${url}/64w/a.jpg`)).status).toBe(502)
})

group("excluded originals", () => {
  it("imgtailor neither serves, lists nor warms dot files, dot folders and the patterns of --exclude", async () => {
    const photo = await flat({ width: 16, height: 16 })
    const hidden = ["._a.jpg", ".git/b.jpg", "drafts/c.jpg", "shop/._d.jpg"]
    const cwd = await folderWith(Object.fromEntries(["shop/e.jpg", ...hidden].map((key) => [key, photo])))
    const args = ["--sizes", "8w", "--formats", "[]", "--exclude", "drafts/**"]
    const { url, urls } = await launchServe(["photos", ...args], { cwd })
    expect(urls).toEqual([`${url}/shop/8w/e.jpg`])
    for (const path of ["8w/._a.jpg", ".git/8w/b.jpg", "drafts/8w/c.jpg", "shop/8w/._d.jpg"])
      expect((await fetch(`${url}/${path}`)).status).toBe(404)
    const { stdout } = await runCommand(["warm", "--originals", "photos", ...args], { cwd })
    expect(stdout).toMatch(/^1 original: 2 renditions rendered, 0 already stored, [\d.]+ k?B\n$/)
    const described = await runCommand(["info", "drafts/c.jpg", "--originals", "photos", ...args], { cwd })
    expect([described.code, described.stderr]).toEqual([1, 'imgtailor: No original "drafts/c.jpg" was found.\n'])
    const allowed = ["--exclude", "!.git/**"]
    const second = await runCommand(["info", ".git/b.jpg", "--originals", "photos", "--sizes", "8w", ...allowed], {
      cwd,
    })
    expect(second.code).toBe(0)
  })
})

group("boolean options", () => {
  it.each([
    ["--json=1", true],
    ["--json=YES", true],
    ["--json=0", false],
    ["--json=no", false],
    ["--no-json", false],
  ])("purge accepts %s", async (flag, isJson) => {
    const cwd = await folderWith({})
    const { stdout, code } = await runCommand(["purge", "/", ...SETTINGS, flag], { cwd })
    expect([code, stdout]).toEqual([0, isJson ? `{"deleted":0}\n` : "Deleted 0 renditions of /.\n"])
  })
})

group("a bucket without credentials", () => {
  const bucket = ["s3://shop-photos", "--renditions", "s3://shop-made", "--sizes", "64w", "--s3-region", "eu-central-1"]
  const env = { AWS_EC2_METADATA_DISABLED: "true" }

  it("serve refuses to start without credentials", async () => {
    const args = ["serve", ...bucket, "--port", "0"]
    const { code, stdout, stderr } = await runCommand(args, { cwd: await temporaryFolder(), env })
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(/^imgtailor: originals: .*s3:\/\/shop-photos: .*no credentials .*AWS_ACCESS_KEY_ID/)
    expect(stderr).toMatch(/^renditions: .*s3:\/\/shop-made: .*no credentials/m)
  })

  it("info reports missing credentials in one line", async () => {
    const { code, stdout, stderr } = await runCommand(["info", "a.jpg", "--originals", ...bucket], {
      cwd: await temporaryFolder(),
      env,
    })
    expect([code, stdout]).toEqual([1, ""])
    expect(stderr).toMatch(/^imgtailor: .*no credentials .*AWS_ACCESS_KEY_ID.*\n$/)
  })
})

group.skipIf(process.platform === "win32")("a broken pipe", () => {
  it("warm ends silently with 141 when the reader of its output ends", async () => {
    const photo = await flat({ width: 16, height: 16 })
    const cwd = await folderWith(Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`${at}.jpg`, photo])))
    const main = join(PACKAGE, "dist", "cli", "main.js")
    const script = `"$0" "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`
    const args = ["-c", script, process.execPath, main, "warm", ...SETTINGS, "--json"]
    const running = launch("bash", args, { cwd })
    await running.ended
    expect(running.stderr()).toBe("")
    expect(running.stdout()).toMatch(/^\{"original":"\d\.jpg","made":5,"stored":0\}\n141\n$/)
  })
})

group("help", () => {
  const COMMANDS = ["serve", "warm", "purge", "info", "types", "deploy", "template", "package", "edge"]

  it.each([[], ...COMMANDS.map((command) => [command])])(
    "imgtailor %s --help has one example, and is aligned and fits into 80 and 120 columns",
    async (...command) => {
      const cwd = await temporaryFolder()
      for (const columns of [80, 120]) {
        const env = { COLUMNS: String(columns) }
        const { code, stdout, stderr } = await runCommand([...command, "--help"], { cwd, env })
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
        expect(stdout).toMatch(new RegExp(`\\nExample:\\n {2}imgtailor ${command[0] ?? "serve"} .*\\n$`))
        expect(stdout).not.toContain(ESCAPE)
        const [before = ""] = stdout.split("\nExample:\n")
        const lines = before.split("\n")
        expect(lines.filter((line) => line.length > columns)).toEqual([])
        // Every description, first lines and continued ones, begins in the same column.
        const starts = lines.flatMap((line) => {
          const [, term = ""] = /^( {2}\S.*? {2,}| {4,})\S/.exec(line) ?? []
          return term === "" ? [] : [term.length]
        })
        expect(new Set(starts).size).toBe(1)
      }
    },
  )

  it("imgtailor serve --help lists common options first and limits last", async () => {
    const { stdout } = await runCommand(["serve", "--help"], { cwd: await temporaryFolder() })
    const headings = stdout.match(/^\S.*(?=:$)/gm)
    expect(headings).toEqual([
      "Arguments",
      "Options",
      "Monitoring",
      "Studio",
      "Images",
      "URLs and caching",
      "Storage",
      "Limits",
      "Example",
    ])
    expect(stdout.match(/^ {2}--[a-z-]+/m)?.[0]).toBe("  --originals")
  })

  it.each([
    [["-h"], ["--help"]],
    [["help"], ["--help"]],
    [[], ["--help"]],
    [
      ["serve", "-h"],
      ["serve", "--help"],
    ],
    [
      ["help", "serve"],
      ["serve", "--help"],
    ],
    [["-v"], ["--version"]],
  ])("imgtailor %j prints the same as %j", async (args, others) => {
    const cwd = await temporaryFolder()
    const [one, other] = [await runCommand(args, { cwd }), await runCommand(others, { cwd })]
    expect(one).toEqual(other)
    expect(one).toMatchObject({ code: 0, stderr: "" })
  })

  it("imgtailor --help names every command, and --version prints the version", async () => {
    const cwd = await temporaryFolder()
    const { stdout } = await runCommand(["--help"], { cwd })
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ +${command} {2,}[A-Z]`, "m"))
    const { version } = JSON.parse(await readFile(join(PACKAGE, "package.json"), "utf8")) as { version: string }
    expect(await runCommand(["--version"], { cwd })).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" })
  })
})

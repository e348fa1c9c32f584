/** `imgtailor package`: the contents of each zip, which is unpacked into an empty folder and whose handler is called by a plain Node. */
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { unzipSync } from "fflate"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import { launch, PACKAGE, runCommand } from "../support/command.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { BLUE, colourAt, colourDistance, describe as describeImage, flat, GREEN, RED } from "../support/photos.ts"
import { findTools } from "../support/tools.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const HERE = process.arch === "arm64" ? "arm64" : "x64"

const node24 = findTools("node24")?.node24

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined) return
  server = await startVersitygw()
  await server.createBucket("shop")
  await server.putObject("shop", "dir/a.jpg", await flat({ width: 800, height: 600 }))
})
afterAll(() => server?.stop())

interface Packaged {
  readonly handler: string
  readonly zips: readonly { readonly file: string; readonly bytes: number }[]
}

/** npm keeps its cache below the home directory. */
const HOME = process.env["HOME"] ?? PACKAGE

const make = async (args: readonly string[], cwd: string): Promise<Packaged> => {
  const { code, stdout, stderr } = await runCommand(["package", ...args, "--json"], { cwd, env: { HOME } })
  expect([code, stderr]).toEqual([0, ""])
  return JSON.parse(stdout) as Packaged
}

const unpack = async (zip: string, folder: string): Promise<readonly string[]> => {
  for (const [name, bytes] of Object.entries(unzipSync(await readFile(zip)))) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return filesBelow(folder)
}

/** Calls the handler as Lambda's runtime does, and prints its results, and whether it loaded sharp and `fetch`. */
const PROGRAM = `
const { handler } = await import(process.env.TASK + "/index.mjs")
const results = []
for (const event of JSON.parse(process.env.EVENTS)) results.push(await handler(event, {}))
const isLoaded = process.report.getReport().sharedObjects.some((path) => path.includes("libvips"))
const loadsFetch = process.moduleLoadList.some((name) => name.includes("undici/undici"))
process.stdout.write("\\n" + JSON.stringify({ results, isLoaded, loadsFetch }))
`

interface Calls {
  readonly results: readonly ProxyResult[]
  readonly isLoaded: boolean
  readonly loadsFetch: boolean
}

const callIn = async (
  task: string,
  events: readonly object[],
  { node = process.execPath, ...env }: Record<string, string> = {},
): Promise<Calls> => {
  const cwd = await temporaryFolder()
  const running = launch(node, ["--input-type=module", "-e", PROGRAM], {
    cwd,
    env: {
      TASK: task,
      LAMBDA_TASK_ROOT: task,
      EVENTS: JSON.stringify(events),
      BUCKET: "shop",
      CDN_URL: "https://images.example.com",
      AWS_KEY: ROOT.accessKeyId,
      AWS_SECRET: ROOT.secretAccessKey,
      IMGTAILOR_S3_ENDPOINT: server?.endpoint ?? "http://127.0.0.1:1",
      ...env,
    },
  })
  expect(await running.ended, `the handler printed ${running.stderr()}`).toBe(0)
  return JSON.parse(running.stdout().split("\n").at(-1) ?? "") as Calls
}

const requestFor = (key: string): EventV2 => ({
  version: "2.0",
  rawPath: "/prod/resizer",
  rawQueryString: `key=${key}`,
  requestContext: { stage: "prod", http: { method: "GET" } },
})

/** A configuration with files, in a folder. */
const writeConfig = async (folder: string): Promise<void> => {
  await writeFile(join(folder, "logo.png"), await flat({ width: 40, height: 40, colour: BLUE, format: "png" }))
  await writeFile(join(folder, "none.png"), await flat({ width: 80, height: 60, colour: GREEN, format: "png" }))
  await writeFile(join(folder, "points.json"), "{}")
  const marked = {
    size: "100x75",
    name: "marked",
    overlay: { image: "./logo.png", gravity: "northwest", width: "50%" },
  }
  const config = { sizes: ["360x270", "100h", marked], missing: "./none.png", focalPoints: "./points.json" }
  await writeFile(join(folder, "imgtailor.config.json"), JSON.stringify(config))
}

describe("imgtailor package", () => {
  it("makes one zip of at most 12 MB with function, sharp, settings and licences", { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    await writeConfig(folder)
    const { zips, handler } = await make(["--arch", HERE], folder)
    expect([zips.length, handler]).toEqual([1, "index.handler"])
    const [zip = { file: "", bytes: Infinity }] = zips
    expect(zip.bytes).toBeLessThan(12_000_000)

    const task = join(folder, "task")
    const files = await unpack(zip.file, task)
    const own = files.filter((file) => !file.startsWith("node_modules/"))
    expect(own.map((file) => file.replace(/[0-9a-f]{16}/, "…")).toSorted()).toEqual([
      "LICENCES.txt",
      "assets/…-logo.png",
      "assets/…-none.png",
      "assets/…-points.json",
      "imgtailor.config.json",
      "index.mjs",
    ])
    const native = files.filter((file) => /\.node$|\.so/.test(file))
    expect(native.length).toBeGreaterThan(1)
    expect(native.filter((file) => !file.includes(`linux-${HERE}`))).toEqual([])
    if (versitygw === undefined || process.platform !== "linux") return

    const { results, isLoaded } = await callIn(task, [requestFor("dir/100h/a.jpg")])
    expect(results[0]).toMatchObject({
      statusCode: 301,
      headers: { location: "https://images.example.com/dir/100h/a.jpg" },
    })
    expect(isLoaded).toBe(true)
    expect(await server.keysIn("shop")).toContain("dir/100h/a.jpg")

    const marked = requestFor("dir/marked/a.jpg")
    const withFiles = await callIn(task, [marked, marked, requestFor("dir/marked/none.jpg")])
    const pictures = withFiles.results.map(({ body }) => Buffer.from(body, "base64"))
    expect(withFiles.results.map(({ statusCode }) => statusCode)).toEqual([301, 200, 404])
    expect(colourDistance(await colourAt(pictures[1] ?? Buffer.from(""), 0.25, 0.25), BLUE)).toBeLessThan(30)
    expect(colourDistance(await colourAt(pictures[1] ?? Buffer.from(""), 0.75, 0.75), RED)).toBeLessThan(30)
    // A cache in front does not distinguish requests, so all of them get the placeholder.
    expect(colourDistance(await colourAt(pictures[2] ?? Buffer.from(""), 0.75, 0.75), GREEN)).toBeLessThan(30)

    // With the version of Node that Lambda has.
    if (node24 === undefined) return
    const newer = await callIn(task, [requestFor("dir/360x270/a.jpg"), requestFor("dir/360x270/a.jpg")], {
      node: node24,
    })
    expect([newer.results[0]?.statusCode, newer.isLoaded, newer.loadsFetch]).toEqual([301, true, false])
    const image = Buffer.from(newer.results[1]?.body ?? "", "base64")
    expect(await describeImage(image)).toMatchObject({ width: 360, height: 270, format: "jpeg" })
    expect(colourDistance(await colourAt(image, 0.5, 0.5), RED)).toBeLessThan(16)
  })

  it(
    "makes a small zip and a layer with --layer, and the function finds sharp in the layer",
    { timeout: 120_000 },
    async () => {
      const folder = await temporaryFolder()
      const { zips } = await make(["--layer", "--arch", HERE, "--out", "out"], folder)
      const [code = { file: "", bytes: 0 }, layer = { file: "", bytes: 0 }] = zips
      expect([code.file, layer.file]).toEqual([
        join(folder, "out", "imgtailor-redirect.zip"),
        join(folder, "out", `imgtailor-sharp-${HERE}.zip`),
      ])
      expect(code.bytes).toBeLessThan(240_000)
      const [task, opt] = [join(folder, "task"), join(folder, "opt")]
      expect(await unpack(code.file, task)).toEqual(["LICENCES.txt", "index.mjs"])
      expect((await unpack(layer.file, opt)).filter((file) => !file.startsWith("nodejs/node_modules/"))).toEqual([])
      if (versitygw === undefined || process.platform !== "linux") return

      // The place where Lambda unpacks layers, and the variable that its runtime sets.
      const env = { SIZES: "200w", NODE_PATH: join(opt, "nodejs", "node_modules") }
      const { results } = await callIn(task, [requestFor("dir/200w/a.jpg")], env)
      expect(results[0]).toMatchObject({ statusCode: 301 })

      // Without sharp, everything works that renders nothing: stored renditions, missing originals and refused keys.
      const without = await callIn(
        task,
        [requestFor("dir/200w/a.jpg"), requestFor("dir/200w/b.jpg"), requestFor("dir/201w/a.jpg")],
        {
          SIZES: "200w",
        },
      )
      expect(without.results.map(({ statusCode }) => statusCode)).toEqual([200, 404, 400])
      // `fetch` takes as long to load as sharp.
      expect([without.isLoaded, without.loadsFetch]).toEqual([false, false])
    },
  )

  it("puts every function of the stack into one zip", { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    const { zips } = await make(["--mode", "direct", "--layer"], folder)
    const task = join(folder, "task")
    const files = await unpack(zips[0]?.file ?? "", task)
    expect(files).toEqual(["LICENCES.txt", "batch.mjs", "index.mjs", "setup.mjs", "sync.mjs"])
    // Each loads without the rest of the package.
    const program = `
      for (const name of ["sync", "setup"])
        console.log(typeof (await import(process.env.TASK + "/" + name + ".mjs")).handler)
    `
    const env = {
      TASK: task,
      LAMBDA_TASK_ROOT: task,
      IMGTAILOR_SIZES: "1w",
      BUCKET: "shop",
      AWS_REGION: "eu-central-1",
    }
    const running = launch(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, env })
    expect([await running.ended, running.stdout()]).toEqual([0, "function\nfunction\n"])
  })

  it("makes the function that deletes without sharp", async () => {
    const folder = await temporaryFolder()
    const { zips } = await make(["--mode", "sync", "--sizes", "100h"], folder)
    const files = await unpack(zips[0]?.file ?? "", join(folder, "task"))
    expect(files).toEqual(["LICENCES.txt", "imgtailor.config.json", "index.mjs"])
  })

  it("includes settings of the configuration file, except those of this machine", async () => {
    const folder = await temporaryFolder()
    const file = `export default { originals: "photos", renditions: "s3://shop-renditions", sizes: ["64w"], port: 80,
      compat: ["imgproxy"], compatOrigins: { "s3://photos": "" }, compatKeys: { imgproxy: "6162:6364" } }`
    await writeFile(join(folder, "imgtailor.config.mjs"), file)
    const { zips } = await make(["--mode", "sync", "--formats", "webp"], folder)
    await unpack(zips[0]?.file ?? "", join(folder, "task"))
    expect(JSON.parse(await readFile(join(folder, "task", "imgtailor.config.json"), "utf8"))).toEqual({
      formats: ["webp"],
      renditions: "s3://shop-renditions",
      sizes: ["64w"],
    })
  })

  it.each([
    [
      { "": "s3://shop", "blog/": "s3://blog" },
      { "": "s3://shop", "blog/": "s3://blog" },
    ],
    [{ "": "s3://shop", "blog/": "photos" }, undefined],
  ])("includes several sources %j if none is a folder", async (originals, expected) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "imgtailor.config.json"), JSON.stringify({ originals, sizes: ["64w"] }))
    const { zips } = await make(["--mode", "sync"], folder)
    await unpack(zips[0]?.file ?? "", join(folder, "task"))
    const packed = JSON.parse(await readFile(join(folder, "task", "imgtailor.config.json"), "utf8")) as object
    expect(Reflect.get(packed, "originals")).toEqual(expected)
  })

  it("makes the same bytes from the same settings", async () => {
    const [one, two] = [await temporaryFolder(), await temporaryFolder()]
    const zips = await Promise.all([one, two].map((folder) => make(["--mode", "sync", "--sizes", "100h"], folder)))
    const [a, b] = await Promise.all(zips.map(({ zips: [zip] }) => readFile(zip?.file ?? "")))
    expect(a?.equals(b ?? Buffer.alloc(0))).toBe(true)
  })

  it.each([
    [["--sizes", "360x"], "sizes.0: Expected a size"],
    [["--mode", "other"], "mode"],
    [["--arch", "mips"], "arch"],
    [["--config", "none.json"], "--config: Expected a file"],
    [["--wathc"], "unknown option '--wathc'"],
  ])("refuses %s with the expected value", async (args, complaint) => {
    const { code, stderr } = await runCommand(["package", "--mode", "sync", ...args], { cwd: await temporaryFolder() })
    expect(code).toBe(2)
    expect(stderr).toContain(complaint)
  })
})

/** Where settings come from, with real files: arguments come before the environment, that before the file, and that before defaults. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { afterEach, beforeEach, describe, expect, it } from "vitest"

import { load, type Loaded, type LoadInput, missingAdvice, environment } from "./load.ts"

let home = ""

beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "imgtailor-load-")))
  await mkdir(join(home, "photos"))
})

afterEach(async () => {
  await rm(home, { recursive: true })
})

const write = async (name: string, content: string): Promise<void> => {
  const path = join(home, name)
  await mkdir(join(path, ".."), { recursive: true })
  await writeFile(path, content)
}

const loadWith = ({ env = {}, args = {}, ...input }: Partial<LoadInput> = {}): Promise<Loaded> =>
  load({ cwd: home, env, args, ...input })

const mistakes = async (input: Partial<LoadInput> = {}): Promise<string> => {
  const error: unknown = await loadWith(input).then(
    () => new Error("nothing was refused"),
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: "bad-config" })
  return (error as Error).message
}

const ARGS = { originals: "photos", sizes: ["480h"] }
const names = ({ config }: Loaded): readonly string[] => config.grammar.sizes.map(({ name }) => name)

describe("a configuration file", () => {
  const options = /* text of a file */ `{ originals: "photos", sizes: ["360x270", { size: "480h", name: "tall" }], port: 4000 }`

  it.each<[string, string]>([
    [
      "imgtailor.config.ts",
      `interface Port { port: number }\nconst it: Port & object = ${options}\nexport default it\n`,
    ],
    ["imgtailor.config.mts", `export default ${options} satisfies object\n`],
    ["imgtailor.config.mjs", `export default ${options}\n`],
    ["imgtailor.config.cjs", `module.exports = ${options}\n`],
    ["imgtailor.config.js", `export default ${options}\n`],
    [
      "imgtailor.config.json",
      `{ "originals": "photos", "sizes": ["360x270", { "size": "480h", "name": "tall" }], "port": 4000 }`,
    ],
  ])("is found and read as %s", async (name, content) => {
    await write(name, content)
    const loaded = await loadWith()
    expect(loaded.file).toBe(join(home, name))
    expect(names(loaded)).toEqual(["360x270", "tall"])
    expect(loaded.config).toMatchObject({ originals: join(home, "photos"), port: 4000 })
  })

  it("may use defineConfig, and whatever else a module can do", async () => {
    const module = pathToFileURL(join(import.meta.dirname, "options.ts")).href
    await write(
      "imgtailor.config.ts",
      `import { defineConfig } from ${JSON.stringify(module)}\nconst widths = [320, 640]\n` +
        `export default defineConfig({ originals: "photos", sizes: widths.map((width) => \`\${width}w\`) })\n`,
    )
    expect(names(await loadWith())).toEqual(["320w", "640w"])
  })

  it("may hold a store, which is taken as it is", async () => {
    const module = pathToFileURL(join(import.meta.dirname, "..", "store", "memory.ts")).href
    await write(
      "imgtailor.config.ts",
      `import { memoryOriginals, memoryRenditions } from ${JSON.stringify(module)}\n` +
        `const originals = memoryOriginals()\noriginals.set("a.jpg", new Uint8Array(3))\n` +
        `export default { originals, renditions: memoryRenditions(), sizes: ["480h"] }\n`,
    )
    const { originals, renditions } = (await loadWith()).config
    expect(typeof originals === "object" && (await originals.head("a.jpg"))?.byteLength).toBe(3)
    expect(renditions).toMatchObject({ name: "memory", keyLimits: { segment: 1024, key: 1024 } })
  })

  it("may hold one store for both, which stays one", async () => {
    const module = pathToFileURL(join(import.meta.dirname, "..", "store", "memory.ts")).href
    await write(
      "imgtailor.config.ts",
      `import { memoryOriginals, memoryRenditions } from ${JSON.stringify(module)}\n` +
        `const store = { ...memoryRenditions(), ...memoryOriginals() }\n` +
        `export default { originals: store, renditions: store, sharedStore: true, sizes: ["480h"] }\n`,
    )
    const { originals, renditions } = (await loadWith()).config
    expect(renditions).toBe(originals)
  })

  it("need not be there", async () => {
    const loaded = await loadWith({ args: ARGS })
    expect(loaded.file).toBeUndefined()
    expect(loaded.config).toMatchObject({ port: 3000, renditions: join(home, ".imgtailor") })
  })

  it("can be named, and then its folders are found from where it lies", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, port: 1 }))
    await write("conf/shop.json", JSON.stringify({ originals: "../photos", sizes: ["480h"], port: 2 }))
    const { config, file } = await loadWith({ configFile: "conf/shop.json" })
    expect(file).toBe(join(home, "conf", "shop.json"))
    expect(config).toMatchObject({
      port: 2,
      originals: join(home, "photos"),
      renditions: join(home, "conf", ".imgtailor"),
    })
  })

  it("must be there when it is named", async () => {
    expect(await mistakes({ configFile: "nope.json" })).toContain(
      `--config: Expected a file, found none at ${join(home, "nope.json")}.`,
    )
  })

  it.each([
    ["imgtailor.config.json", "{ this is no JSON"],
    ["imgtailor.config.ts", "export default {{"],
    ["imgtailor.config.mjs", `throw new Error("no such luck")`],
  ])("that cannot be read is a mistake of the configuration: %s", async (name, content) => {
    await write(name, content)
    expect(await mistakes()).toContain(`${join(home, name)}: Expected a configuration, but reading it failed`)
  })

  it("has its mistakes told together with those of the environment and the arguments", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, formats: ["webq"], background: "white" }))
    const message = await mistakes({ env: { IMGTAILOR_PORT: "eighty" }, args: { quality: 500 } })
    for (const place of ["formats.0", "background", "port", "quality"]) expect(message).toContain(`- ${place}: `)
  })

  it("says null where a setting is expected, and is told so", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, formats: null }))
    expect(await mistakes()).toContain("formats: Expected")
  })

  it("is the whole configuration: it cannot bring in another one, from this machine or from elsewhere", async () => {
    await write("base.json", JSON.stringify({ port: 4444 }))
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, extends: "./base.json" }))
    expect(await mistakes()).toContain("extends: there is no such setting")
  })

  it("is the only file that is read", async () => {
    await write(".env", "IMGTAILOR_PORT=1111\n")
    await write("package.json", JSON.stringify({ imgtailor: { port: 2222 } }))
    await write(".imgtailorrc", "port=3333\n")
    expect((await loadWith({ args: ARGS })).config.port).toBe(3000)
    expect(process.env["IMGTAILOR_PORT"]).toBeUndefined()
  })
})

describe("what was said in several places", () => {
  it("counts by arguments first, then the environment, then the file, then defaults", async () => {
    await write(
      "imgtailor.config.json",
      JSON.stringify({ ...ARGS, port: 1, host: "file", basePath: "/file", watch: true }),
    )
    const env = { IMGTAILOR_PORT: "2", IMGTAILOR_HOST: "env" }
    const { config } = await loadWith({ env, args: { port: 3 } })
    expect(config).toMatchObject({
      port: 3,
      host: "env",
      basePath: "/file",
      watch: true,
      cacheControl: expect.any(String),
    })
  })

  it("is put together part by part where a setting has parts", async () => {
    const file = {
      limits: { queue: 1, renders: 1, bytes: 1 },
      quality: { jpeg: 1, webp: 1 },
      retired: { sizes: ["1w"] },
    }
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, ...file }))
    const env = { IMGTAILOR_QUEUE: "2", IMGTAILOR_RENDERS: "2", IMGTAILOR_RETIRED_FORMATS: "gif" }
    const { config } = await loadWith({ env, args: { limits: { queue: 3 }, quality: { webp: 3 } } })
    expect(config.limits).toMatchObject({ queue: 3, renders: 2, bytes: 1, pixels: 100_000_000 })
    expect(config.settings.quality).toEqual({ jpeg: 1, webp: 3, avif: 60 })
    expect(config.grammar.retired).toEqual({ sizes: ["1w"], formats: ["gif"] })
  })

  it("lets one quality for all formats stand for the formats that a later word does not name", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, quality: 50 }))
    const { config } = await loadWith({ env: { IMGTAILOR_QUALITY: "jpeg=70" } })
    expect(config.settings.quality).toEqual({ jpeg: 70, webp: 50, avif: 50 })
  })

  it("is replaced as a whole where it is a list", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, sizes: ["1w", "2w"], formats: ["avif", "webp"] }))
    const loaded = await loadWith({ env: { IMGTAILOR_FORMATS: "webp" }, args: { sizes: ["3w"] } })
    expect(names(loaded)).toEqual(["3w"])
    expect(loaded.config.grammar.formats).toEqual(["webp"])
  })

  it("has folders from the command line and the environment found from where the person is, those in a file from there", async () => {
    await write(
      "conf/imgtailor.config.json",
      JSON.stringify({ originals: "../photos", renditions: "made", sizes: ["1w"] }),
    )
    const configFile = "conf/imgtailor.config.json"
    const renditionsOf = async (input: Partial<LoadInput>): Promise<unknown> =>
      (await loadWith({ configFile, ...input })).config.renditions
    expect(await renditionsOf({})).toBe(join(home, "conf", "made"))
    expect(await renditionsOf({ env: { IMGTAILOR_RENDITIONS: "made" } })).toBe(join(home, "made"))
    expect(await renditionsOf({ args: { renditions: "made" } })).toBe(join(home, "made"))
  })

  it("is never a folder without a name, which would be the one where the person happens to be", async () => {
    expect(await mistakes({ args: { ...ARGS, originals: "" } })).toContain("originals: Expected a folder")
    expect(await mistakes({ args: { ...ARGS, renditions: "" } })).toContain("renditions: Expected a folder")
  })

  it("is not a switch turned on by an empty variable", async () => {
    const watch = await loadWith({ args: ARGS, env: { IMGTAILOR_WATCH: "" } }).then(
      ({ config }) => config.watch,
      () => "refused",
    )
    expect([false, "refused"]).toContain(watch)
  })

  it("leaves alone what is not ours", async () => {
    const env = { PORT: "1", HOST: "x", IMGTAILOR: "y", IMGTAILOR_: "z", imgtailor_port: "2" }
    expect((await loadWith({ args: ARGS, env })).config).toEqual((await loadWith({ args: ARGS })).config)
  })
})

describe("the thread pool", () => {
  it("bounds the renders, by what the environment says of its size", async () => {
    const rendersWith = async (env: NodeJS.ProcessEnv): Promise<number> =>
      (await loadWith({ args: ARGS, env })).config.limits.renders
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "2" })).toBe(1)
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "junk" })).toBe(await rendersWith({}))
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "1024" })).toBeGreaterThanOrEqual(await rendersWith({}))
  })

  it("is what a library's surroundings tell of, with the directory", () => {
    expect(environment("/srv", { UV_THREADPOOL_SIZE: "12" })).toEqual({ directory: "/srv", threads: 12 })
    expect(environment("/srv", {})).toEqual({ directory: "/srv", threads: 4 })
    expect(environment().directory).toBe(process.cwd())
  })
})

describe("missingAdvice", () => {
  it("tells what the process should have been started with, and only that", () => {
    // What keeps every core busy, not what the present number of threads allows.
    const threads = Math.max(3, 2 * availableParallelism()) + 2
    expect(missingAdvice(3, {}, "linux")).toEqual([
      expect.stringContaining(`UV_THREADPOOL_SIZE=${threads}`),
      expect.stringContaining("MALLOC_ARENA_MAX=2"),
    ])
    expect(missingAdvice(3, { UV_THREADPOOL_SIZE: "5" }, "linux")).toHaveLength(1)
    expect(missingAdvice(3, { UV_THREADPOOL_SIZE: "5", MALLOC_ARENA_MAX: "2" }, "linux")).toEqual([])
    expect(missingAdvice(3, { UV_THREADPOOL_SIZE: "5" }, "darwin")).toEqual([])
  })
})

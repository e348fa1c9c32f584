/** Tests of load, with real files: options take precedence over the environment, the configuration file and defaults. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { afterEach, beforeEach, describe, expect, it } from "vitest"

import type { Originals } from "../store/store.ts"
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
  ])("load finds and reads %s", async (name, content) => {
    await write(name, content)
    const loaded = await loadWith()
    expect(loaded.file).toBe(join(home, name))
    expect(names(loaded)).toEqual(["360x270", "tall"])
    expect(loaded.config).toMatchObject({ originals: join(home, "photos"), port: 4000 })
  })

  it("load reads a file that uses defineConfig and other code", async () => {
    const module = pathToFileURL(join(import.meta.dirname, "options.ts")).href
    await write(
      "imgtailor.config.ts",
      `import { defineConfig } from ${JSON.stringify(module)}\nconst widths = [320, 640]\n` +
        `export default defineConfig({ originals: "photos", sizes: widths.map((width) => \`\${width}w\`) })\n`,
    )
    expect(names(await loadWith())).toEqual(["320w", "640w"])
  })

  it("load passes on a store from a file unchanged", async () => {
    const module = pathToFileURL(join(import.meta.dirname, "..", "store", "memory.ts")).href
    await write(
      "imgtailor.config.ts",
      `import { memoryOriginals, memoryRenditions } from ${JSON.stringify(module)}\n` +
        `const originals = memoryOriginals()\noriginals.set("a.jpg", new Uint8Array(3))\n` +
        `export default { originals, renditions: memoryRenditions(), sizes: ["480h"] }\n`,
    )
    const { originals, renditions } = (await loadWith()).config
    expect(await (originals as Originals).head("a.jpg")).toMatchObject({ byteLength: 3 })
    expect(renditions).toMatchObject({ name: "memory", keyLimits: { segment: 1024, key: 1024 } })
  })

  it("load passes on one store for both originals and renditions as one object", async () => {
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

  it("load works without a configuration file", async () => {
    const loaded = await loadWith({ args: ARGS })
    expect(loaded.file).toBeUndefined()
    expect(loaded.config).toMatchObject({ port: 3000, renditions: join(home, ".imgtailor") })
  })

  it("load reads the named file, and resolves its folders relative to it", async () => {
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

  it("load rejects a named file that does not exist", async () => {
    expect(await mistakes({ configFile: "nope.json" })).toContain(
      `--config: Expected a file, found none at ${join(home, "nope.json")}.`,
    )
  })

  it.each([
    ["imgtailor.config.json", "{ this is not JSON"],
    ["imgtailor.config.ts", "export default {{"],
    ["imgtailor.config.mjs", `throw new Error("no such luck")`],
  ])("load reports the path of a file that does not parse or that throws: %s", async (name, content) => {
    await write(name, content)
    expect(await mistakes()).toContain(`${join(home, name)}: cannot read this configuration file`)
  })

  it("load reports mistakes of file, environment and options together", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, formats: ["webq"], background: "white" }))
    const message = await mistakes({ env: { IMGTAILOR_PORT: "eighty" }, args: { quality: 500 } })
    for (const place of ["formats.0", "background", "port", "quality"]) expect(message).toContain(`- ${place}: `)
  })

  it("load rejects null for a setting", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, formats: null }))
    expect(await mistakes()).toContain("formats: Expected")
  })

  it("load does not follow extends to another configuration", async () => {
    await write("base.json", JSON.stringify({ port: 4444 }))
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, extends: "./base.json" }))
    expect(await mistakes()).toContain("extends: unknown setting")
  })

  it("load reads no .env, package.json or rc file", async () => {
    await write(".env", "IMGTAILOR_PORT=1111\n")
    await write("package.json", JSON.stringify({ imgtailor: { port: 2222 } }))
    await write(".imgtailorrc", "port=3333\n")
    expect((await loadWith({ args: ARGS })).config.port).toBe(3000)
    expect(process.env["IMGTAILOR_PORT"]).toBeUndefined()
  })
})

describe("settings from several sources", () => {
  it("load prefers options to the environment, the environment to the file, and the file to defaults", async () => {
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

  it("load merges settings with parts, part by part", async () => {
    const file = {
      limits: { queue: 1, renders: 1, bytes: 1 },
      quality: { jpeg: 1, webp: 1 },
      retired: { sizes: ["1w"] },
    }
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, ...file }))
    const env = { IMGTAILOR_QUEUE: "2", IMGTAILOR_RENDERS: "2", IMGTAILOR_RETIRED_FORMATS: "gif" }
    const { config } = await loadWith({ env, args: { limits: { queue: 3 }, quality: { webp: 3 } } })
    expect(config.limits).toMatchObject({ queue: 3, renders: 2, bytes: 1, pixels: 100_000_000 })
    expect(config.settings.quality).toEqual({ jpeg: 1, webp: 3, avif: 65 })
    expect(config.grammar.retired).toEqual({ sizes: ["1w"], formats: ["gif"] })
  })

  it("load keeps one quality for all formats where a preferred source sets only some", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, quality: 50 }))
    const { config } = await loadWith({ env: { IMGTAILOR_QUALITY: "jpeg=70" } })
    expect(config.settings.quality).toEqual({ jpeg: 70, webp: 50, avif: 50 })
  })

  it("load replaces lists as a whole", async () => {
    await write("imgtailor.config.json", JSON.stringify({ ...ARGS, sizes: ["1w", "2w"], formats: ["avif", "webp"] }))
    const loaded = await loadWith({ env: { IMGTAILOR_FORMATS: "webp" }, args: { sizes: ["3w"] } })
    expect(names(loaded)).toEqual(["3w"])
    expect(loaded.config.grammar.formats).toEqual(["webp"])
  })

  it("load resolves folders of options and environment relative to the working directory, those of a file to the file", async () => {
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

  it("load rejects an empty folder name", async () => {
    expect(await mistakes({ args: { ...ARGS, originals: "" } })).toContain("originals: Expected a folder")
    expect(await mistakes({ args: { ...ARGS, renditions: "" } })).toContain("renditions: Expected a folder")
  })

  it("load treats an empty variable as not set", async () => {
    const env = { IMGTAILOR_WATCH: "", IMGTAILOR_PORT: "", IMGTAILOR_SIZES: "" }
    expect((await loadWith({ args: ARGS, env })).config).toEqual((await loadWith({ args: ARGS })).config)
  })

  it("load ignores variables of other programs", async () => {
    const env = { PORT: "1", HOST: "x", IMGTAILOR: "y", IMGTAILOR_: "z", imgtailor_port: "2" }
    expect((await loadWith({ args: ARGS, env })).config).toEqual((await loadWith({ args: ARGS })).config)
  })

  it("load ignores variables that Kubernetes and Docker set for services named imgtailor", async () => {
    const env = {
      IMGTAILOR_SERVICE_HOST: "10.0.0.1",
      IMGTAILOR_SERVICE_PORT_HTTP: "3000",
      IMGTAILOR_PORT: "tcp://10.0.0.1:3000",
      IMGTAILOR_PORT_3000_TCP: "tcp://10.0.0.1:3000",
      IMGTAILOR_PORT_3000_TCP_ADDR: "10.0.0.1",
      IMGTAILOR_CACHE_SERVICE_HOST: "10.0.0.2",
    }
    expect((await loadWith({ args: ARGS, env })).config).toEqual((await loadWith({ args: ARGS })).config)
  })

  it("load reports every unknown variable with a suggestion, together with other mistakes", async () => {
    const env = { IMGTAILOR_SIZE: "1w", IMGTAILOR_LIMITS_PIXELS: "1", IMGTAILOR_SOMETHING_ELSE: "1" }
    const message = await mistakes({ args: { ...ARGS, quality: 500 }, env })
    expect(message).toContain("IMGTAILOR_SIZE: unknown environment variable. Did you mean IMGTAILOR_SIZES?")
    expect(message).toContain("IMGTAILOR_LIMITS_PIXELS: unknown environment variable. Did you mean IMGTAILOR_PIXELS?")
    expect(message).toContain("IMGTAILOR_SOMETHING_ELSE: unknown environment variable. docs/settings.md lists")
    expect(message).toContain("- quality: ")
  })

  it("load accepts the variables of functions on AWS", async () => {
    const env = { IMGTAILOR_DISTRIBUTION: "E1", IMGTAILOR_EDGE_BASE_PATH: "/img", IMGTAILOR_STREAMING: "1" }
    expect((await loadWith({ args: ARGS, env })).config).toEqual((await loadWith({ args: ARGS })).config)
  })

  it("load puts notices of the command line before those about files and values", async () => {
    await write("imgtailor.config.json", JSON.stringify(ARGS))
    await write("imgtailor.config.yaml", "port: 1")
    await write("imgtailor.config.mjs", "export default {}")
    const { config } = await loadWith({ args: { ...ARGS, limits: { bytes: 1 } }, notices: ["first"] })
    expect(config.notices).toEqual([
      "first",
      "imgtailor.config.json is not read: imgtailor.config.mjs is.",
      "imgtailor.config.yaml is not read: imgtailor.config.mjs is.",
      expect.stringMatching(/^limits\.bytes is 1: /),
    ])
  })

  it.each(["imgtailor.config.yaml", "imgtailor.config.toml"])("load rejects %s as the only file", async (name) => {
    await write(name, "")
    const message = `${name}: this type of file is not read; use imgtailor.config.ts, .js or .json.`
    expect(await mistakes({ args: ARGS })).toContain(message)
    expect(await mistakes({ args: ARGS, configFile: name })).toContain(message)
  })
})

describe("the thread pool", () => {
  it("load limits renders in process to the size of the thread pool", async () => {
    const rendersWith = async (env: NodeJS.ProcessEnv): Promise<number> =>
      (await loadWith({ args: { ...ARGS, isolation: "none" }, env })).config.limits.renders
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "2" })).toBe(1)
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "junk" })).toBe(await rendersWith({}))
    expect(await rendersWith({ UV_THREADPOOL_SIZE: "1024" })).toBeGreaterThanOrEqual(await rendersWith({}))
  })

  it("environment returns the directory and the size of the thread pool", () => {
    expect(environment("/srv", { UV_THREADPOOL_SIZE: "12" })).toEqual({ directory: "/srv", threads: 12 })
    expect(environment("/srv", {})).toEqual({ directory: "/srv", threads: 4 })
    expect(environment().directory).toBe(process.cwd())
  })
})

describe("missingAdvice", () => {
  it("missingAdvice names the missing variables of a server that renders in process, in one sentence", async () => {
    const { config } = await loadWith({ args: { ...ARGS, isolation: "none", limits: { renders: 3 } } })
    // Enough for every core, not for the present number of threads.
    const threads = Math.max(3, 2 * availableParallelism()) + 2
    const advice = missingAdvice(config, {}, "linux")
    expect(advice).toMatch(new RegExp(`^[^.]* UV_THREADPOOL_SIZE=${threads} MALLOC_ARENA_MAX=2\\.$`))
    expect(missingAdvice(config, { UV_THREADPOOL_SIZE: "5" }, "linux")).not.toContain("UV_THREADPOOL_SIZE")
    expect(missingAdvice(config, { UV_THREADPOOL_SIZE: "5", MALLOC_ARENA_MAX: "2" }, "linux")).toBeUndefined()
    expect(missingAdvice(config, { UV_THREADPOOL_SIZE: "5" }, "darwin")).toBeUndefined()
  })

  it("missingAdvice is undefined with render processes", async () => {
    expect(missingAdvice((await loadWith({ args: ARGS })).config, {}, "linux")).toBeUndefined()
  })
})

/** The published package: the contents of its tarball, and that it works when installed into an empty project. */
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { launch, type Outcome, PACKAGE } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"

interface Manifest {
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
}

/** Runs a program to its end and returns its output. Its exit code must be 0. */
const run = async (command: string, args: readonly string[], cwd: string): Promise<Outcome["stdout"]> => {
  // npm caches downloads in the home directory.
  const running = launch(command, args, { cwd, env: { HOME: process.env["HOME"] ?? cwd } })
  expect(await running.ended, `${command} ${args.join(" ")}\n${running.stdout()}${running.stderr()}`).toBe(0)
  return running.stdout()
}

const tool = (name: string): string => join(PACKAGE, "node_modules", ".bin", name)

let folder: string
let tarball: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  // Packs without building, because other tests use dist/ at the same time.
  await promisify(execFile)("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], {
    cwd: PACKAGE,
  })
  const [name = ""] = await readdir(folder)
  tarball = join(folder, name)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

describe("the packed package", () => {
  it("the packed package contains dist, sources, docs, examples and four pages, and nothing else", async () => {
    const unpacked = await temporaryFolder()
    await run("tar", ["-xzf", tarball], unpacked)
    const files = await filesBelow(join(unpacked, "package"))

    const pages = files.filter((file) => !/^(?:dist|docs|examples|src)\//.test(file))
    expect(pages).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"])
    for (const name of ["docs", "examples"]) {
      const shipped = files.filter((file) => file.startsWith(`${name}/`)).map((file) => file.slice(name.length + 1))
      // Lock files are for the tests of the examples, and as large as all the rest of them.
      const all = (await filesBelow(join(PACKAGE, name))).filter((file) => !file.endsWith("package-lock.json"))
      expect(shipped).toEqual(all.toSorted())
    }
    const own = files.filter((file) => !file.startsWith("examples/"))
    expect(own.filter((file) => /\.test\.ts|(?:^|\/)tsconfig/.test(file))).toEqual([])

    const sources = files.filter((file) => file.startsWith("src/"))
    expect(sources.filter((file) => !file.endsWith(".ts"))).toEqual(["src/integrations/photo.svelte"])
    // The command line is a bundle, apart from the program that a command starts.
    const isCommand = (file: string): boolean => /^(?:src|dist)\/cli\//.test(file) && !file.includes("/demo-images.")
    const commands = files.filter(
      (file) => file.startsWith("dist/") && isCommand(file) && !/\.d\.ts(?:\.map)?$/.test(file),
    )
    expect(
      commands.filter((file) => !/^dist\/cli\/(?:LICENCES\.txt|main\.js|[\w-]+-[a-z0-9]{8}\.js)$/.test(file)),
    ).toEqual([])
    const declarations = sources
      .filter(isCommand)
      .flatMap((file) => [".d.ts", ".d.ts.map"].map((ending) => file.replace(/^src(.*)\.ts$/, `dist$1${ending}`)))
    // The component for Svelte is compiled by the project that uses it.
    const isSvelte = (file: string): boolean => file.includes(".svelte")
    const svelte = sources.filter(isSvelte).map((file) => file.replace(/^src/, "dist"))
    // So is the render process, without a map.
    const program = "dist/render/pool/LICENCES.txt"
    const unmapped = "dist/render/pool/child.js.map"
    const built = sources
      .filter((file) => !isCommand(file) && !isSvelte(file))
      .flatMap((file) =>
        [".d.ts", ".d.ts.map", ".js", ".js.map"].map((ending) => file.replace(/^src(.*)\.ts$/, `dist$1${ending}`)),
      )
      .filter((file) => file !== unmapped)
    const functions = [
      "LICENCES.txt",
      "batch.mjs",
      "direct.mjs",
      "edge-snapping.js",
      "edge.js",
      "redirect.mjs",
      "setup.mjs",
      "sync.mjs",
    ].map((file) => `dist/functions/${file}`)
    const page = files.filter((file) =>
      /^dist\/studio\/page\/(?:index\.html|icon\.svg|LICENCES\.txt|[\w-]+-[A-Z0-9]{8}\.(?:js|css))$/.test(file),
    )
    expect(page.length).toBeGreaterThan(5)
    expect(files.filter((file) => file.startsWith("dist/"))).toEqual(
      [...built, program, ...svelte, ...commands, ...declarations, ...functions, ...page].toSorted(),
    )
  })

  it(
    "the packed package installs into an empty project, where every entry imports and the command runs",
    { timeout: 180_000 },
    async () => {
      const project = await temporaryFolder()
      await writeFile(join(project, "package.json"), `{ "name": "shop", "private": true, "type": "module" }\n`)
      await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], project)

      const installed = join(project, "node_modules", "imgtailor")
      const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8")) as Manifest
      const entries = Object.keys(manifest.exports).map((path) => path.replace(/^\./, "imgtailor"))
      // These need the CDK or a framework, optional peer dependencies.
      const optional = new Set(["cdk", "react", "svelte", "vue"].map((name) => `imgtailor/${name}`))
      const modules = entries.filter((entry) => !entry.endsWith(".json") && !optional.has(entry))
      expect(modules).toContain("imgtailor")
      const program = `
      import manifest from "imgtailor/package.json" with { type: "json" }
      ${modules.map((name, at) => `import * as module${at} from ${JSON.stringify(name)}`).join("\n")}
      const counts = [${modules.map((_, at) => `Object.keys(module${at}).length`).join(", ")}]
      console.log(JSON.stringify({ name: manifest.name, empty: counts.filter((count) => count === 0).length }))
    `
      await writeFile(join(project, "shop.js"), program)
      const output = await run(process.execPath, ["--no-warnings", "shop.js"], project)
      expect(JSON.parse(output)).toEqual({ name: "imgtailor", empty: 0 })

      const [name = ""] = Object.keys(manifest.bin)
      expect(await run(join(project, "node_modules", ".bin", name), ["--help"], project)).toContain("imgtailor serve")
      await mkdir(join(project, "photos"))
      const purged = ["purge", "/", "--originals", "photos", "--sizes", "64w"]
      expect(await run("npx", ["imgtailor", ...purged], project)).toBe("Deleted 0 renditions of /.\n")
    },
  )

  it("publint and attw find no problems in the packed package", async () => {
    expect(await run(tool("publint"), ["run", tarball, "--strict"], folder)).toContain("All good!")
    expect(await run(tool("attw"), [tarball, "--profile", "esm-only"], folder)).toContain('"imgtailor/node"')
  }, 120_000)
})

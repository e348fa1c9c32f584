/**
 * Responsible for the steps of CONTRIBUTING.md that no type and no other test checks: an entry that is added in one place is also added in
 * the others.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { expect, it } from "vitest"

import { SERVICE_NAMES } from "../src/compat/names.ts"
import { SETTINGS } from "../src/config/settings.ts"
import { PACKAGE } from "./support/command.ts"
import { identifiersOf, importsOf } from "./support/source-code.ts"

const read = (path: string): string => readFileSync(join(PACKAGE, path), "utf8")

const namesIn = (folder: string, extension: string): readonly string[] =>
  readdirSync(join(PACKAGE, folder))
    .filter((name) => name.endsWith(extension) && !name.endsWith(`.test${extension}`))
    .map((name) => name.slice(0, -extension.length))

/** The files with an entry of the table of URL schemes, like store/s3/scheme.ts or store/folder-scheme.ts. */
const schemeFiles = importsOf("store/registry.ts", read("src/store/registry.ts"))
  .map(({ to }) => to)
  .filter((file) => /[/-]scheme\.ts$/.test(file) && file !== "store/scheme.ts")

it("the stores of every URL scheme run the public contract", () => {
  const contracts = readdirSync(join(PACKAGE, "test/contract")).map((name) => read(`test/contract/${name}`))
  const isTested = (store: string): boolean => contracts.some((text) => text.includes(`${store}(`))
  expect(schemeFiles.length).toBeGreaterThan(1)
  for (const file of schemeFiles) {
    const names = [...identifiersOf(file, read(`src/${file}`))]
    const stores = names.filter((name) => /^(?!open)[a-z0-9]+(?:Originals|Renditions)$/.test(name))
    expect({ file, stores: stores.length, untested: stores.filter((store) => !isTested(store)) }).toEqual({
      file,
      // A scheme without renditions is only read.
      stores: names.includes("renditions") ? 2 : 1,
      untested: [],
    })
  }
})

it("every URL scheme has a section in docs/stores.md", () => {
  const page = read("docs/stores.md").toLowerCase()
  const names = schemeFiles.map((file) => /([a-z0-9]+)[/-]scheme\.ts$/.exec(file)?.[1] ?? file)
  expect(names.filter((name) => !new RegExp(`^## .*${name}`, "m").test(page))).toEqual([])
})

it("every compat service has a module, a table of URLs and a section in docs/migrate.md, and is named in the settings", () => {
  const setting = SETTINGS.find(({ path }) => path[0] === "compat")
  const migrate = read("docs/migrate.md")
  const isComplete = (name: string): boolean =>
    existsSync(join(PACKAGE, `src/compat/${name}.ts`)) &&
    existsSync(join(PACKAGE, `docs/compat/${name}.md`)) &&
    migrate.includes(`compat/${name}.md`) &&
    (setting?.description.includes(name) ?? false)
  expect(SERVICE_NAMES.filter((name) => !isComplete(name))).toEqual([])
})

it("every file in cli/commands has an entry in the table of commands", () => {
  const listed = importsOf("cli/main.ts", read("src/cli/main.ts"))
    .map(({ to }) => /^cli\/commands\/(.+)\.ts$/.exec(to)?.[1])
    .filter((name) => name !== undefined)
  expect(listed.toSorted()).toEqual(namesIn("src/cli/commands", ".ts").toSorted())
})

it("every framework has an example, a section in docs/frameworks.md and a row of results", () => {
  const page = read("docs/frameworks.md")
  const frameworks = namesIn("test/frameworks/frameworks", ".mjs")
  const examples = readdirSync(join(PACKAGE, "examples"))
  const isComplete = (name: string): boolean =>
    examples.includes(name) &&
    new RegExp(`^## .*${name}`, "im").test(page) &&
    new RegExp(`^\\| .*${name}.* \\|`, "im").test(page)
  expect(frameworks.length).toBeGreaterThan(4)
  expect(frameworks.filter((name) => !isComplete(name))).toEqual([])
})

it("every check of doctor has an entry in a table, and a row in docs/doctor.md", () => {
  const page = read("docs/doctor.md")
  const listed = new Set(importsOf("doctor/checks.ts", read("src/doctor/checks.ts")).map(({ to }) => to))
  const folders = readdirSync(join(PACKAGE, "src/doctor/checks"))
  expect(folders.length).toBeGreaterThan(1)
  const files = folders.flatMap((folder) =>
    namesIn(`src/doctor/checks/${folder}`, ".ts").map((name) => ({ folder, name })),
  )
  const isComplete = ({ folder, name }: (typeof files)[number]): boolean =>
    listed.has(`doctor/checks/${folder}/${name}.ts`) &&
    page.includes(`| \`${name}\``) &&
    read(`src/doctor/checks/${folder}/${name}.ts`).includes(`name: "${name}"`)
  expect(files.filter((file) => !isComplete(file))).toEqual([])
})

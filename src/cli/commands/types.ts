/** `imgtailor types`: the list as types, so that a compiler knows which sizes and formats there are. */
import { writeFile } from "node:fs/promises"
import { resolve } from "node:path"

import type { ArgsDef } from "citty"

import type { TailorConfig } from "../../config/options.ts"
import { resolveConfig } from "../../config/resolve.ts"
import { badConfig } from "../../errors.ts"
import { LIST_PATH } from "../../http/url-path.ts"
import { type PublishedList, publishList } from "../../sizes/published.ts"
import { loadFromArguments, NO_PLACES, refuseUnknown, settingArguments, type Values } from "../arguments.ts"
import type { Command } from "../main.ts"
import { print } from "../output.ts"

const LISTED = settingArguments(({ path: [name] }) => ["sizes", "formats", "basePath"].includes(name))

const args: ArgsDef = {
  out: { type: "string", valueHint: "file", description: "Where to write them. Default: standard output." },
  url: {
    type: "string",
    valueHint: "address",
    description: "A running server whose list it is, in place of settings: https://img.example.com/imgtailor.json.",
  },
  ...LISTED,
}

/** Longer than any server that works takes for a few hundred bytes. */
const TIMEOUT_MS = 10_000

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error
  return cause instanceof Error
    ? `${message}: ${cause.message || String((cause as NodeJS.ErrnoException).code)}`
    : message
}

/** @throws {Error} there is none */
const fetchList = async (url: URL): Promise<Readonly<Record<string, unknown>>> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (!response.ok) throw new Error(`status ${response.status}`)
  const list: unknown = await response.json()
  if (typeof list !== "object" || list === null || !("sizes" in list)) throw new Error("another kind of JSON")
  return { ...list }
}

/** The list of a running server, checked as if it were of a configuration file. */
const configFromUrl = async (text: string): Promise<TailorConfig> => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw badConfig([
      `--url: Expected an address like https://img.example.com${LIST_PATH}, got ${JSON.stringify(text)}.`,
    ])
  const url = new URL(text)
  if (!url.pathname.endsWith(LIST_PATH)) url.pathname = url.pathname.replace(/\/?$/, LIST_PATH)
  const { sizes, formats, basePath } = await fetchList(url).catch((error: unknown) => {
    throw badConfig([`--url: Expected a list at ${url.href}, got ${reasonOf(error)}.`])
  })
  return resolveConfig({ ...NO_PLACES, sizes, formats, basePath }, { directory: process.cwd(), threads: 4 })
}

/** @throws {bad-config} settings beside `--url` */
const configOf = async (values: Values): Promise<TailorConfig> => {
  const { url } = values
  if (url === undefined) return (await loadFromArguments(values, args, NO_PLACES)).config
  refuseUnknown(values, args)
  const others = Object.keys(LISTED).filter((name) => values[name] !== undefined)
  if (others.length > 0)
    throw badConfig(others.map((name) => `--${name}: Expected none beside --url, which has the list.`))
  return configFromUrl(String(url))
}

/** The type of one value and of no other. */
const literal = (value: unknown): string => {
  if (Array.isArray(value)) return `readonly [${value.map(literal).join(", ")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `readonly ${name}: ${literal(member)}`)
  return `{ ${members.join("; ")} }`
}

const union = (texts: readonly string[]): string => texts.map((text) => JSON.stringify(text)).join(" | ") || "never"

/** The text of a `.d.ts`. @param names of the sizes, as addresses have them */
const declare = ({ version, sizes, formats, basePath }: PublishedList, names: readonly string[]): string =>
  `// Made by \`imgtailor types\`; to be made again when the list changes.

/** A size, as it stands in addresses. */
export type SizeName = ${union(names)}

/** A format that may be asked for behind a file's name. */
export type Format = ${union(formats)}

/** What imgtailor.json says. Nothing of it is there at run time: take \`typeof list\`. */
export declare const list: {
  readonly version: ${literal(version)}
  readonly sizes: ${literal(sizes)}
  readonly formats: ${literal(formats)}
  readonly basePath: ${literal(basePath)}
}
`

export const types: Command = {
  examples: [
    "imgtailor types --sizes 360x270,480h,1280w > imgtailor.d.ts",
    "imgtailor types --config imgtailor.config.ts --out src/imgtailor.d.ts",
    "imgtailor types --url https://img.example.com/imgtailor.json --out src/imgtailor.d.ts",
  ],
  description: "Print the list of sizes and formats as types for TypeScript.",
  args,
  run: async (values) => {
    const { grammar, basePath } = await configOf(values)
    const list = publishList({ basePath, ...grammar })
    const text = declare(
      list,
      grammar.sizes.map(({ name }) => name),
    )
    if (values["out"] === undefined) return void process.stdout.write(text)
    const out = resolve(String(values["out"]))
    await writeFile(out, text).catch((error: unknown) => {
      throw badConfig([`--out: Expected a file that can be written, got ${out}: ${reasonOf(error)}.`])
    })
    print(`Wrote ${out}`)
  },
}

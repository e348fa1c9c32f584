/** `imgtailor package`: a function for AWS as a zip. */
import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"

import type { ArgsDef } from "citty"

import { ARCHITECTURES, LOCAL_SETTINGS, makeZips, MODES } from "../../aws/package.ts"
import { badConfig } from "../../errors.ts"
import { JSON_ARGUMENT, optionsFromArguments, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"
import { bold, print, printJson } from "../output.ts"

const args: ArgsDef = {
  mode: {
    type: "enum",
    options: [...MODES],
    default: "redirect",
    description:
      "redirect: behind a bucket's website endpoint. direct: behind CloudFront, with sync and batch beside it. sync: called by the bucket.",
  },
  arch: {
    type: "enum",
    options: [...ARCHITECTURES],
    default: "arm64",
    description: "The function's architecture; the console calls x64 x86_64.",
  },
  layer: {
    type: "boolean",
    default: false,
    description:
      "sharp in a zip of its own, for a layer: the function's is then small enough for the console's editor.",
  },
  out: { type: "string", valueHint: "folder", default: ".", description: "Where to put what is made." },
  ...settingArguments(({ path: [name] }) => !LOCAL_SETTINGS.has(name)),
  ...JSON_ARGUMENT,
}

const oneOf = <T extends string>(values: readonly T[], value: unknown, name: string): T => {
  const found = values.find((known) => known === value)
  if (found === undefined) throw badConfig([`--${name}: Expected ${values.join(", ")}, got ${JSON.stringify(value)}.`])
  return found
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`

export const packageFunction: Command = {
  examples: [
    "imgtailor package --sizes 360x270,480h,1280w",
    "imgtailor package --layer --arch x64 --out build",
    "imgtailor package --mode direct --config imgtailor.config.ts",
  ],
  description: "Make the zips of a function for AWS Lambda, on any machine.",
  args,
  run: async (values) => {
    const options = await optionsFromArguments(values, args)
    const mode = oneOf(MODES, values["mode"], "mode")
    const arch = oneOf(ARCHITECTURES, values["arch"], "arch")
    const zips = await makeZips({ mode, arch, layer: values["layer"] === true, settings: options })
    const out = resolve(String(values["out"]))
    await mkdir(out, { recursive: true })
    await Promise.all(zips.map(({ name, bytes }) => writeFile(join(out, name), bytes)))
    const made = zips.map(({ name, bytes }) => ({ file: join(out, name), bytes: bytes.length }))
    if (values["json"]) return printJson({ mode, arch, handler: "index.handler", zips: made })
    for (const { file, bytes } of made) print(`${bold(file)}  ${megabytes(bytes)}`)
    print(`\nRuntime nodejs24.x or nodejs22.x, architecture ${arch}, handler index.handler. docs/aws.md has the rest.`)
  },
}

/** Responsible for `imgtailor package`: makes the zips of a function for AWS Lambda. */
import { Option } from "commander"

import { ARCHITECTURES, LOCAL_SETTINGS, makeZips, MODES } from "../../aws/package.ts"
import type { Command } from "../command.ts"
import { JSON_OPTION, settingOptions, settingsFromOptions, textOf } from "../options.ts"
import { bold, print, printJson } from "../output.ts"
import { writeFiles } from "../write-files.ts"

const MODE = [
  "redirect: behind the website endpoint of a bucket.",
  "direct: behind CloudFront, with the functions for events and batches.",
  "sync: called by the bucket on every change.",
].join(" ")

const OPTIONS: readonly Option[] = [
  new Option("--mode <mode>", MODE).choices(MODES).default("redirect"),
  new Option("--arch <arch>", "Architecture of the function; the AWS console calls x64 x86_64.")
    .choices(ARCHITECTURES)
    .default("arm64"),
  new Option("--layer", "Put sharp into a second zip, for a layer. The AWS console can then edit the function."),
  new Option("--out <folder>", "Where to write the zips.").default("."),
  ...settingOptions((name) => !LOCAL_SETTINGS.has(name), [JSON_OPTION]),
]

const choice = <T extends string>(values: readonly T[], value: unknown, fallback: T): T =>
  values.find((known) => known === value) ?? fallback

const megabytes = (byteLength: number): string => `${(byteLength / 1_000_000).toFixed(1)} MB`

/** `imgtailor package`. */
export const packageFunction: Command = {
  description: "Make the zips of a function for AWS Lambda, on any machine.",
  options: OPTIONS,
  example: "imgtailor package --mode direct --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values } = invocation
    const settings = await settingsFromOptions(invocation)
    const mode = choice(MODES, values["mode"], "redirect")
    const arch = choice(ARCHITECTURES, values["arch"], "arm64")
    const zips = await makeZips({ mode, arch, layer: values["layer"] === true, settings })
    const out = textOf(values, "out") ?? "."
    const paths = await writeFiles(
      out,
      zips.map(({ name, bytes }) => ({ name, content: bytes })),
    )
    const written = zips.map(({ bytes }, at) => ({ file: paths[at] ?? "", bytes: bytes.length }))
    if (values["json"]) return printJson({ mode, arch, handler: "index.handler", zips: written })
    for (const { file, bytes } of written) print(`${bold(file)}  ${megabytes(bytes)}`)
    print(`\nRuntime nodejs24.x or nodejs22.x, architecture ${arch}, handler index.handler. See docs/aws.md.`)
  },
}

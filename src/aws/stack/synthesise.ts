/**
 * Responsible for the program that the construct runs, since a constructor cannot wait: it reads its input as JSON from standard input, and
 * writes `template.json` and, if there is no zip yet, `code.zip` into a folder.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"

import { TailorError } from "../../errors.ts"
import { makeZips } from "../package.ts"
import type { Template } from "./cloudformation.ts"
import { makeTemplate, type StackOptions } from "./stack.ts"

/** The input of the program. */
export interface SynthesisInput {
  readonly settings: Readonly<Record<string, unknown>>
  readonly stack: StackOptions
  /** Whether to make the zip, too. */
  readonly code: boolean
}

interface If {
  readonly "Fn::If": readonly [condition: string, then: unknown, otherwise: unknown]
}

const isIf = (value: unknown): value is If => typeof value === "object" && value !== null && "Fn::If" in value

/** The construct knows the reservation, so a condition would always be true or false, which the CDK warns about. */
const withoutCondition = (template: Template, concurrency = 0): Template =>
  JSON.parse(JSON.stringify({ ...template, Conditions: undefined }), (_, value: unknown) => {
    if (!isIf(value)) return value
    return concurrency > 0 ? value["Fn::If"][1] : undefined
  }) as Template

const synthesise = async (folder: string): Promise<void> => {
  const { settings, stack, code } = JSON.parse(await text(process.stdin)) as SynthesisInput
  // The stack that includes the template has its own description and outputs.
  const {
    Description: _,
    Outputs: __,
    ...template
  } = withoutCondition(await makeTemplate(settings, stack), stack.concurrency)
  await writeFile(join(folder, "template.json"), JSON.stringify(template))
  if (!code) return
  // The template has the settings, so the zip changes only with the package.
  const [zip] = await makeZips({ mode: "direct", arch: "arm64", layer: false, settings: {}, assetsOf: settings })
  if (zip) await writeFile(join(folder, "code.zip"), zip.bytes)
}

try {
  await synthesise(process.argv[2] ?? ".")
} catch (error) {
  process.stderr.write(`${error instanceof TailorError ? error.detail : String(error)}\n`)
  process.exitCode = 1
}

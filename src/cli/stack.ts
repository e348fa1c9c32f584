/** What the commands that describe a stack take, and how they read it. */
import type { ArgsDef } from "citty"

import { STACK_IGNORES, type StackOptions } from "../aws/stack/stack.ts"
import { toNumber } from "../config/parse-text.ts"
import { optionsFromArguments, settingArguments, type Values } from "./arguments.ts"

const OPTIONS: ArgsDef = {
  concurrency: {
    type: "string",
    valueHint: "number",
    description: "Renders at one time: the cap on their cost. 0 reserves none. Default: 50.",
  },
  "enable-events": {
    type: "boolean",
    description: "Turn on EventBridge for the bucket of originals. Default: false.",
  },
  warm: {
    type: "boolean",
    description: "With a function that renders ahead, for S3 Batch Operations. Default: false.",
  },
  aliases: { type: "string", valueHint: "names", description: "Names of your own, separated by commas." },
  "certificate-arn": { type: "string", valueHint: "arn", description: "Their certificate, in us-east-1." },
}

/** Settings of a stack; what its own bucket makes meaningless is not among them. */
const NEVER = new Set([...STACK_IGNORES, "sharedStore", "s3Endpoint", "s3PathStyle"])

/** Arguments of every command that makes a stack. */
export const STACK_ARGUMENTS: ArgsDef = { ...OPTIONS, ...settingArguments(({ path: [name] }) => !NEVER.has(name)) }

/** Settings and options of a stack; where not given, neither is there. */
export interface StackInput {
  readonly settings: Readonly<Record<string, unknown>>
  readonly stack: StackOptions
}

/**
 * What the arguments and the configuration file say of a stack, unchecked.
 * @throws {bad-config} arguments that `definition` does not have
 */
export const stackFromArguments = async (values: Values, definition: ArgsDef): Promise<StackInput> => {
  const settings = await optionsFromArguments(values, definition)
  const textOf = (name: string): string | undefined => (values[name] === undefined ? undefined : String(values[name]))
  const concurrency = textOf("concurrency")
  const stack = {
    // A text that is no number is refused with the rest.
    concurrency: concurrency === undefined ? undefined : (toNumber(concurrency) as number),
    enableEvents: values["enable-events"] === true,
    warm: values["warm"] === true,
    aliases: textOf("aliases")
      ?.split(",")
      .map((name) => name.trim()),
    certificateArn: textOf("certificate-arn"),
  }
  return { settings, stack }
}

/** Responsible for the options of commands that describe a stack on AWS. */
import { Option } from "commander"

import { STACK_IGNORES, type StackOptions } from "../aws/stack/stack.ts"
import { toNumber } from "../config/parse-text.ts"
import type { Invocation } from "./command.ts"
import { settingOptions, settingsFromOptions, textOf } from "./options.ts"

/** Settings without a meaning in a stack, which makes its own bucket for renditions. */
const UNUSED: ReadonlySet<string> = new Set([...STACK_IGNORES, "sharedStore", "s3Endpoint", "s3PathStyle"])

const OWN: readonly Option[] = [
  new Option("--aliases <domains>", "Custom domains, separated by commas."),
  new Option("--certificate-arn <arn>", "ACM certificate for --aliases, in us-east-1."),
  new Option("--enable-events", "Turn on EventBridge for the bucket of the originals."),
  new Option("--warm", "Add a function that renders ahead of demand, for S3 Batch Operations."),
  new Option("--concurrency <number>", "Concurrent executions of the renderer; 0 reserves none. (default: 50)"),
]

/** Options of every command that makes a stack. @param own those of the command itself */
export const stackOptions = (own: readonly Option[] = []): readonly Option[] =>
  settingOptions(
    (name) => !UNUSED.has(name),
    [...own, ...OWN].map((option) => option.helpGroup("AWS:")),
  )

/** Settings and options of a stack; absent ones are left out. */
export interface StackInput {
  readonly settings: Readonly<Record<string, unknown>>
  readonly stack: StackOptions
}

/** Settings and options of a stack from the command line and the configuration file, not validated. */
export const stackFromOptions = async (invocation: Invocation): Promise<StackInput> => {
  const { values } = invocation
  const settings = await settingsFromOptions(invocation)
  const concurrency = textOf(values, "concurrency")
  const stack = {
    // Text that is not a number is rejected with the other mistakes.
    concurrency: concurrency === undefined ? undefined : (toNumber(concurrency) as number),
    enableEvents: values["enableEvents"] === true,
    warm: values["warm"] === true,
    aliases: textOf(values, "aliases")
      ?.split(",")
      .map((name) => name.trim()),
    certificateArn: textOf(values, "certificateArn"),
  }
  return { settings, stack }
}

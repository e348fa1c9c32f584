/** Responsible for the options of commands that describe a stack on AWS. */
import { Option } from "commander"

import { PRICE_CLASSES } from "../aws/stack/delivery.ts"
import { STACK_IGNORES, type StackOptions } from "../aws/stack/stack.ts"
import { toNumber } from "../config/parse-text.ts"
import type { Invocation, Values } from "./command.ts"
import { settingOptions, settingsFromOptions, textOf } from "./options.ts"

/** Settings without a meaning in a stack, which makes its own bucket for renditions. */
const UNUSED: ReadonlySet<string> = new Set([...STACK_IGNORES, "sharedStore", "s3Endpoint", "s3PathStyle"])

const OWN: readonly Option[] = [
  new Option("--aliases <domains>", "Custom domains, separated by commas."),
  new Option("--certificate-arn <arn>", "ACM certificate for --aliases, in us-east-1."),
  new Option(
    "--no-enable-events",
    "Do not turn on EventBridge for the bucket of the originals: replaced photos stay stale.",
  ),
  new Option("--memory <MB>", "Memory of the renderer: decides the largest originals, and the speed. (default: 1536)"),
  new Option("--concurrency <number>", "Concurrent executions reserved for the renderer. (default: 0, no reservation)"),
  new Option("--alarm-topic <arn>", "SNS topic for alarms."),
  new Option("--kms-key-arn <arn>", "KMS key that encrypts the originals."),
  new Option(
    "--renditions-bucket <name>",
    "Existing bucket for renditions, whose policy is merged. (default: a new one)",
  ),
  new Option("--warm", "Add a function that renders ahead of demand, for S3 Batch Operations."),
  new Option("--origin-shield <region>", "Region of CloudFront's Origin Shield."),
  new Option("--price-class <class>", "Parts of the world that CloudFront serves from.").choices(PRICE_CLASSES),
  new Option("--web-acl <arn>", "AWS WAF web ACL for CloudFront."),
  new Option("--rate-limit <number>", "Block IP addresses with more requests in five minutes. Only in us-east-1."),
  new Option("--log-bucket <name>", "Bucket for CloudFront's access logs."),
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

/** Text that is not a number is rejected with the other mistakes. */
const numberOf = (values: Values, name: string): number | undefined => {
  const text = textOf(values, name)
  return text === undefined ? undefined : (toNumber(text) as number)
}

/** Settings and options of a stack from the command line and the configuration file, not validated. */
export const stackFromOptions = async (invocation: Invocation): Promise<StackInput> => {
  const { values } = invocation
  const settings = await settingsFromOptions(invocation)
  const stack: StackOptions = {
    concurrency: numberOf(values, "concurrency"),
    memory: numberOf(values, "memory"),
    enableEvents: values["enableEvents"] !== false,
    warm: values["warm"] === true,
    aliases: textOf(values, "aliases")
      ?.split(",")
      .map((name) => name.trim()),
    certificateArn: textOf(values, "certificateArn"),
    logBucket: textOf(values, "logBucket"),
    webAcl: textOf(values, "webAcl"),
    rateLimit: numberOf(values, "rateLimit"),
    priceClass: PRICE_CLASSES.find((known) => known === values["priceClass"]),
    originShield: textOf(values, "originShield"),
    alarmTopic: textOf(values, "alarmTopic"),
    kmsKeyArn: textOf(values, "kmsKeyArn"),
    renditionsBucket: textOf(values, "renditionsBucket"),
  }
  return { settings, stack }
}

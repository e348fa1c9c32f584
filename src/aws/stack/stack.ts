/**
 * From settings to the template of the direct flow. The command line, and through it the construct, come here, so that both deploy the
 * same. Settings are checked as the functions will check them, and passed on to them as variables.
 */
import { variablesFrom } from "../../config/parse-text.ts"
import { type Resolved, tryConfig } from "../../config/resolve.ts"
import { badConfig } from "../../errors.ts"
import { parseS3Url, type S3Place } from "../../store/s3/place.ts"
import { edgeResponseSource, edgeSource } from "../edge/source.ts"
import { LOCAL_SETTINGS } from "../package.ts"
import type { Template } from "./cloudformation.ts"
import type { Domain } from "./delivery.ts"
import { SECONDS } from "./functions.ts"
import { directTemplate } from "./template.ts"

/** What a stack may say besides the settings. */
export interface StackOptions {
  /** Renders at one time: the cap on their cost. 0 reserves none, which an account that may have ten in all needs. @default 50 */
  readonly concurrency?: number | undefined
  /** Turn on EventBridge for the bucket of originals, beside what notifications it has. @default false */
  readonly enableEvents?: boolean | undefined
  /** With the function that renders ahead, and a role for S3 Batch Operations. @default false */
  readonly warm?: boolean | undefined
  /** Names of one's own, for which `certificateArn` speaks. */
  readonly aliases?: readonly string[] | undefined
  /** Of a certificate in us-east-1. */
  readonly certificateArn?: string | undefined
}

type Settings = Readonly<Record<string, unknown>>

/** Settings that the stack makes up itself, or that mean nothing in it. */
export const STACK_IGNORES: ReadonlySet<string> = new Set([...LOCAL_SETTINGS, "renditions"])
/** Settings that would lead past the stack. */
const REFUSED = ["sharedStore", "s3Endpoint", "s3PathStyle"] as const

/** A page of new thumbnails asks for all of them at one time, and Lambda turns away at once what is above this. */
const DEFAULT_CONCURRENCY = 50

/** Left of a call's time when a request is told to come back. */
const SPARE_MS = 5000

/** No name that a bucket can have these days, so that it is nobody's. */
const SOME_BUCKET = "s3://RENDITIONS"
const SOME_ORIGINALS = "s3://ORIGINALS"

const placeProblems = (originals: unknown, place: S3Place | undefined): readonly string[] => {
  if (!place) return [`originals: Expected a bucket like s3://shop-photos, got ${JSON.stringify(originals) ?? "none"}.`]
  // They would be patterns in a policy.
  return /[*?$]/.test(place.prefix) ? [`originals: Expected a prefix without *, ? and $, got ${place.prefix}.`] : []
}

const domainProblems = ({ aliases = [], certificateArn }: StackOptions): readonly string[] =>
  aliases.length > 0 === (certificateArn !== undefined)
    ? []
    : ["aliases: Expected names together with the ARN of their certificate, got one without the other."]

/**
 * CloudFront takes a certificate from nowhere else (ACM User Guide, "Supported Regions"). What is only known when it is deployed, as the
 * CDK's tokens, has to be believed.
 */
const certificateProblems = ({ certificateArn = "${}" }: StackOptions): readonly string[] =>
  certificateArn.includes("${") || /^arn:aws[a-z-]*:acm:us-east-1:\d{12}:certificate\/\S+$/.test(certificateArn)
    ? []
    : [
        `certificateArn: Expected the ARN of a certificate in us-east-1, like arn:aws:acm:us-east-1:123456789012:certificate/…, got ${JSON.stringify(certificateArn)}. CloudFront takes none from another region.`,
      ]

const concurrencyProblems = ({ concurrency = 0 }: StackOptions): readonly string[] =>
  Number.isInteger(concurrency) && concurrency >= 0
    ? []
    : [`concurrency: Expected a whole number, 0 for none, got ${JSON.stringify(concurrency)}.`]

const refusedProblems = (settings: Settings): readonly string[] =>
  REFUSED.filter((name) => settings[name] !== undefined && settings[name] !== false).map(
    (name) => `${name}: Expected none: a stack has a bucket of its own for renditions, and both are Amazon's.`,
  )

const domainOf = ({ aliases = [], certificateArn }: StackOptions): Domain | undefined =>
  certificateArn === undefined ? undefined : { aliases, certificateArn }

/** The edge takes `basePath` off, so the functions tell of it alone; and they have more time than the default is made for. */
const variablesOf = (settings: Settings): Record<string, string> => {
  const { originals: _, basePath, limits, ...others } = settings
  const deadlineMs = 1000 * SECONDS.renderer - SPARE_MS
  return {
    ...variablesFrom({ ...others, limits: { deadlineMs, ...(limits as Settings | undefined) } }),
    ...(Boolean(basePath) && { IMGTAILOR_EDGE_BASE_PATH: String(basePath) }),
  }
}

const isRefused = (name: string): boolean => REFUSED.some((refused) => refused === name)

/** The settings as the functions will check them; what is told of them already is not told twice. */
const resolve = (kept: Settings, place: S3Place | undefined): Resolved => {
  const checked = Object.fromEntries(Object.entries(kept).filter(([name]) => !isRefused(name)))
  const originals = place ? kept["originals"] : SOME_ORIGINALS
  const surroundings = { directory: process.cwd(), threads: 4, region: "us-east-1" }
  return tryConfig({ ...checked, originals, renditions: SOME_BUCKET }, surroundings)
}

/**
 * The template of a stack.
 * @param settings as in a configuration file, `originals` in S3; those of this machine and `renditions` do not count
 * @param others mistakes of whoever asks, to be told with these
 * @throws {bad-config} with every mistake in all three
 */
export const makeTemplate = async (
  settings: Settings,
  stack: StackOptions = {},
  others: readonly string[] = [],
): Promise<Template> => {
  const kept = Object.fromEntries(Object.entries(settings).filter(([name]) => !STACK_IGNORES.has(name)))
  const place = parseS3Url(String(kept["originals"]))
  const resolved = resolve(kept, place)
  const problems = [
    ...others,
    ...placeProblems(kept["originals"], place),
    ...refusedProblems(kept),
    ...("problems" in resolved ? resolved.problems : []),
    ...domainProblems(stack),
    ...certificateProblems(stack),
    ...concurrencyProblems(stack),
  ]
  if (!place || "problems" in resolved || problems.length > 0) throw badConfig(problems)
  const { config } = resolved
  return directTemplate({
    place,
    listed: config.grammar,
    variables: variablesOf(kept),
    edge: { request: await edgeSource(config), response: edgeResponseSource() },
    concurrency: stack.concurrency ?? DEFAULT_CONCURRENCY,
    enableEvents: stack.enableEvents ?? false,
    warm: stack.warm ?? false,
    domain: domainOf(stack),
  })
}

/**
 * Responsible for the way from settings to the template of the direct flow, for the command line and for the CDK construct. Settings are
 * checked as the functions will check them, and passed to the functions as environment variables.
 */
import { variablesFrom } from "../../config/parse-text.ts"
import { type Resolved, tryConfig } from "../../config/resolve.ts"
import { badConfig } from "../../errors.ts"
import { parseS3Url, type S3Place } from "../../store/s3/place.ts"
import { portableAssets } from "../assets.ts"
import { edgeResponseSource, edgeSource } from "../edge/source.ts"
import { LOCAL_SETTINGS } from "../package.ts"
import type { Template } from "./cloudformation.ts"
import type { Domain } from "./delivery.ts"
import { SECONDS } from "./lambda.ts"
import { DEFAULT_MEMORY, optionProblems, type StackOptions } from "./stack-options.ts"
import { directTemplate } from "./template.ts"

export type { StackOptions } from "./stack-options.ts"

type Settings = Readonly<Record<string, unknown>>

/** Settings without a meaning in a stack, which decides them itself. */
export const STACK_IGNORES: ReadonlySet<string> = new Set([...LOCAL_SETTINGS, "renditions"])
/** Settings that contradict a stack. */
const REFUSED = ["sharedStore", "s3Endpoint", "s3PathStyle"] as const

/** A request is answered with 503 one second before the function would time out. */
const MARGIN_MS = 1000

/** Names that no bucket can have. */
const SOME_RENDITIONS = "s3://RENDITIONS"
const SOME_ORIGINALS = "s3://ORIGINALS"

const placeProblems = (originals: unknown, place: S3Place | undefined): readonly string[] => {
  if (!place) return [`originals: Expected a bucket like s3://shop-photos, got ${JSON.stringify(originals) ?? "none"}.`]
  // They would be patterns in a policy.
  return /[*?$]/.test(place.prefix) ? [`originals: Expected a prefix without *, ? and $, got ${place.prefix}.`] : []
}

const refusedProblems = (settings: Settings): readonly string[] =>
  REFUSED.filter((name) => settings[name] !== undefined && settings[name] !== false).map(
    (name) => `${name}: Expected none: a stack has its own bucket for renditions, and both are in Amazon S3.`,
  )

const domainOf = ({ aliases = [], certificateArn }: StackOptions): Domain | undefined =>
  certificateArn === undefined ? undefined : { aliases, certificateArn }

/** The edge function removes `basePath`, so the functions need it for hints only. */
const variablesOf = (settings: Settings): Record<string, string> => {
  const { originals: _, basePath, limits, ...others } = settings
  const deadlineMs = 1000 * SECONDS.renderer - MARGIN_MS
  return {
    ...variablesFrom({ ...others, limits: { deadlineMs, ...(limits as Settings | undefined) } }),
    ...(Boolean(basePath) && { IMGTAILOR_EDGE_BASE_PATH: String(basePath) }),
  }
}

const isRefused = (name: string): boolean => REFUSED.some((refused) => refused === name)

/** The settings as the functions will check them, without those that are reported otherwise. */
const resolve = (settings: Settings, place: S3Place | undefined): Resolved => {
  const checked = Object.fromEntries(Object.entries(settings).filter(([name]) => !isRefused(name)))
  const originals = place ? settings["originals"] : SOME_ORIGINALS
  const environment = { directory: process.cwd(), threads: 4, region: "us-east-1" }
  return tryConfig({ ...checked, originals, renditions: SOME_RENDITIONS }, environment)
}

/**
 * Creates the template of a stack.
 * @param settings as in a configuration file, with `originals` in S3; those of a server and `renditions` are ignored
 * @param others mistakes that the caller found, to be reported together
 * @throws {bad-config} with every mistake
 */
export const makeTemplate = async (
  settings: Settings,
  stack: StackOptions = {},
  others: readonly string[] = [],
): Promise<Template> => {
  const relevant = Object.fromEntries(Object.entries(settings).filter(([name]) => !STACK_IGNORES.has(name)))
  const place = parseS3Url(String(relevant["originals"]))
  const resolved = resolve(relevant, place)
  const problems = [
    ...others,
    ...placeProblems(relevant["originals"], place),
    ...refusedProblems(relevant),
    ...("problems" in resolved ? resolved.problems : []),
    ...optionProblems(stack),
  ]
  if (!place || "problems" in resolved || problems.length > 0) throw badConfig(problems)
  const { config } = resolved
  return directTemplate({
    place,
    listed: config.grammar,
    variables: variablesOf(portableAssets(relevant, process.cwd()).settings),
    edge: { request: await edgeSource(config), response: edgeResponseSource() },
    concurrency: stack.concurrency ?? 0,
    memory: stack.memory ?? DEFAULT_MEMORY,
    enableEvents: stack.enableEvents ?? true,
    warm: stack.warm ?? false,
    domain: domainOf(stack),
    logBucket: stack.logBucket,
    webAcl: stack.webAcl,
    rateLimit: stack.rateLimit,
    priceClass: stack.priceClass,
    originShield: stack.originShield,
    alarmTopic: stack.alarmTopic,
    kmsKeyArn: stack.kmsKeyArn,
    renditionsBucket: stack.renditionsBucket,
  })
}

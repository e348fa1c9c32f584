/**
 * Responsible for the template of the direct flow. Everything in it is derived from one list, so edge function, functions and policies
 * agree. The bucket of originals is not part of the stack. Pure.
 *
 * Invariants:
 * - The renderer depends on nothing that depends on it.
 * - No allowed action is a wildcard.
 * - A policy or environment that is longer than AWS allows is an error here, not halfway through a deployment.
 */
import { badConfig } from "../../errors.ts"
import { formatS3Url, type S3Place } from "../../store/s3/place.ts"
import { alarms } from "./alarms.ts"
import { renditionsBucket, renditionsResources } from "./buckets.ts"
import {
  attribute,
  DISTRIBUTION_ARN,
  HAS_CONCURRENCY,
  literal,
  PARAMETER,
  type Parameter,
  ref,
  type Resources,
  sub,
  type Template,
} from "./cloudformation.ts"
import { dashboard } from "./dashboard.ts"
import { delivery, type DeliveryOptions } from "./delivery.ts"
import { events, eventsStatement, eventsSwitch } from "./events.ts"
import { batch, renderer, sync } from "./functions.ts"
import type { Variables } from "./lambda.ts"
import { type Listed, rendererStatements, type Statement, syncStatements } from "./policies.ts"
import { setup } from "./setup.ts"

/** Options of the template. */
export interface TemplateOptions extends Omit<DeliveryOptions, "isExistingBucket"> {
  /** The location of the originals. */
  readonly place: S3Place
  readonly listed: Listed
  /** Settings of the functions, without the locations. */
  readonly variables: Readonly<Record<string, string>>
  /** Default of the parameter: reserved concurrent executions of each function that renders; 0 reserves none. */
  readonly concurrency: number
  /** Default of the parameter: memory of each function that renders, in MB. */
  readonly memory: number
  /** Turn on EventBridge for the bucket of originals. */
  readonly enableEvents: boolean
  /** Add the function that renders ahead of demand. */
  readonly warm: boolean
  /** ARN of an SNS topic for alarms. */
  readonly alarmTopic: string | undefined
  /** ARN of the KMS key that encrypts the originals. */
  readonly kmsKeyArn: string | undefined
  /** Name of an existing bucket for renditions. */
  readonly renditionsBucket: string | undefined
}

/** Permissions to merge the policy of an existing bucket. */
const policyStatement = (bucketArn: string): Statement => ({
  Sid: "MergeBucketPolicy",
  Effect: "Allow",
  Action: ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
  Resource: [bucketArn],
})

const setupResources = ({ enableEvents, renditionsBucket: existing }: TemplateOptions): Resources => {
  const { arn } = renditionsBucket(existing !== undefined)
  const statements = [
    ...(enableEvents ? [eventsStatement] : []),
    ...(existing === undefined ? [] : [policyStatement(arn)]),
  ]
  return {
    ...(statements.length > 0 && setup(statements)),
    ...(enableEvents && { EventsOfOriginals: eventsSwitch }),
  }
}

const resourcesOf = (options: TemplateOptions): Resources => {
  const { place, listed, warm, kmsKeyArn } = options
  const isExistingBucket = options.renditionsBucket !== undefined
  const bucket = renditionsBucket(isExistingBucket)
  const inBucket = { ...place, bucket: `\${${PARAMETER.originals}}` }
  const originals = `arn:\${AWS::Partition}:s3:::${inBucket.bucket}/${place.prefix}`
  const renditions = `${bucket.arn}/`
  const variables: Variables = {
    ...options.variables,
    IMGTAILOR_ORIGINALS: sub(formatS3Url(inBucket)),
    IMGTAILOR_RENDITIONS: sub(bucket.url),
  }
  const key = kmsKeyArn === undefined ? undefined : literal(kmsKeyArn)
  const focalPoints = options.variables["IMGTAILOR_FOCAL_POINTS"]
  const statements = rendererStatements(originals, renditions, listed, key, focalPoints)
  const rendering = { statements, variables }
  return {
    ...renditionsResources(isExistingBucket),
    ...delivery({ ...options, isExistingBucket }),
    ...renderer(rendering),
    ...sync(syncStatements(renditions, listed, DISTRIBUTION_ARN), variables),
    ...events(place, warm),
    ...alarms(options.alarmTopic),
    ...dashboard(),
    ...setupResources(options),
    ...(warm && batch(rendering, bucket.arn)),
  }
}

/** Characters of all inline policies of a role, without white space (IAM User Guide, "IAM and AWS STS quotas"). */
const MAX_POLICY = 10_240
/** The longest ARN of a bucket that is not known yet: names have up to 63 characters. */
const LONGEST_ARN = "arn:aws-us-gov:s3:::".length + 63

/** A value as JSON, in which each text that is not known yet is as long as it can be. */
const longestJson = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && "Fn::Sub" in part ? part["Fn::Sub"] : part,
  ).replaceAll(/\$\{[^}]*\}/g, "x".repeat(LONGEST_ARN))

const policyLength = (role: unknown): number => longestJson(role).length

/** Bytes of environment variables (Lambda Developer Guide, "Lambda quotas": 4 KB). */
const MAX_VARIABLES = 4096

const variablesLength = (variables: Variables): number =>
  Object.entries(variables).reduce(
    (sum, [name, value]) =>
      sum + name.length + Buffer.byteLength(typeof value === "string" ? value : longestJson(value)),
    0,
  )

interface Lengths {
  readonly Policies?: unknown
  readonly Environment?: { readonly Variables: Variables }
}

const longest = (resources: Resources, lengthOf: (properties: Lengths) => number): number =>
  Math.max(...Object.values(resources).map(({ Properties }) => lengthOf(Properties)))

const longestPolicy = (resources: Resources): number =>
  longest(resources, ({ Policies }) => (Policies ? policyLength(Policies) : 0))

const longestVariables = (resources: Resources): number =>
  longest(resources, ({ Environment }) => (Environment ? variablesLength(Environment.Variables) : 0))

const lengthProblems = (options: TemplateOptions, resources: Resources): readonly string[] => {
  const { sizes, retired } = options.listed
  const [policy, variables] = [longestPolicy(resources), longestVariables(resources)]
  const fits = (count: number): boolean => {
    const [first, ...rest] = sizes
    const listed: Listed = { sizes: [first, ...rest.slice(0, count - 1)], retired }
    return longestPolicy(resourcesOf({ ...options, listed })) <= MAX_POLICY
  }
  const most = policy > MAX_POLICY ? sizes.findLastIndex((_, index) => fits(index + 1)) + 1 : sizes.length
  return [
    ...(policy > MAX_POLICY
      ? [
          `sizes: Expected a list whose policy has at most ${MAX_POLICY} characters, got ${policy} with ${sizes.length} sizes and ${retired.sizes.length} retired ones; the first ${most} would fit.`,
        ]
      : []),
    ...(variables > MAX_VARIABLES
      ? [`configuration: Expected at most ${MAX_VARIABLES} bytes as variables of a function, got ${variables}.`]
      : []),
  ]
}

const parametersOf = (options: TemplateOptions): Template["Parameters"] => {
  const { place, memory, concurrency, renditionsBucket: existing } = options
  const renditions: Parameter | undefined =
    existing === undefined
      ? undefined
      : {
          Type: "String",
          Default: existing,
          Description: "Existing bucket for renditions, in the region of the stack.",
        }
  return {
    [PARAMETER.originals]: {
      Type: "String",
      Default: place.bucket,
      Description: "Bucket of the originals, only read.",
    },
    ...(renditions && { [PARAMETER.renditions]: renditions }),
    [PARAMETER.codeBucket]: {
      Type: "String",
      Description: "Bucket with the zip of the functions, in the region of the stack.",
    },
    [PARAMETER.codeKey]: {
      Type: "String",
      Description: "Key of the zip, made by imgtailor package --mode direct. Use another key for another zip.",
    },
    [PARAMETER.memory]: {
      Type: "Number",
      Default: memory,
      MinValue: 512,
      MaxValue: 10_240,
      Description: "Memory of the renderer in MB. 1769 MB are one whole processor.",
    },
    [PARAMETER.concurrency]: {
      Type: "Number",
      Default: concurrency,
      MinValue: 0,
      Description: "Concurrent executions reserved for the renderer: the limit of its cost. 0 reserves none.",
    },
  }
}

/** Turns EventBridge on for a bucket without other notifications, which the command replaces. */
export const eventsCommand = (bucket: string): string =>
  `aws s3api put-bucket-notification-configuration --bucket ${bucket} --notification-configuration '{"EventBridgeConfiguration": {}}'`

const output = (Description: string, Value: unknown): Template["Outputs"][string] => ({ Description, Value })

const outputsOf = ({ warm, enableEvents, renditionsBucket: existing }: TemplateOptions): Template["Outputs"] => ({
  DistributionDomainName: output("Host of the renditions.", attribute("Distribution", "DomainName")),
  DistributionId: output("ID of the distribution, for invalidations.", ref("Distribution")),
  RenditionsBucket: output(
    "Bucket of the renditions. It stays when the stack is deleted.",
    renditionsBucket(existing !== undefined).name,
  ),
  RendererName: output("Name of the function that renders.", ref("Renderer")),
  ...(warm && {
    BatchArn: output("ARN of the function for S3 Batch Operations.", attribute("Batch", "Arn")),
    BatchRoleArn: output("ARN of the role for S3 Batch Operations.", attribute("BatchRole", "Arn")),
  }),
  ...(!enableEvents && {
    EventsCommand: output(
      "Replaced photos stay stale until the bucket sends events. This command replaces its other notifications.",
      sub(eventsCommand(`\${${PARAMETER.originals}}`)),
    ),
  }),
})

/**
 * The template.
 * @throws {bad-config} the list or the settings are longer than policies and environments may be
 */
export const directTemplate = (options: TemplateOptions): Template => {
  const resources = resourcesOf(options)
  const problems = lengthProblems(options, resources)
  if (problems.length > 0) throw badConfig(problems)
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "Renditions of photos, rendered when they are first requested.",
    Parameters: parametersOf(options),
    Conditions: { [HAS_CONCURRENCY]: { "Fn::Not": [{ "Fn::Equals": [ref(PARAMETER.concurrency), "0"] }] } },
    Resources: resources,
    Outputs: outputsOf(options),
  }
}

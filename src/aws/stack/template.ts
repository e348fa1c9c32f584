/**
 * The direct flow as one CloudFormation template: all of it derived from one list, so that edge, functions and policies never disagree.
 * The bucket of originals is the shop's own; the stack names it and reads it. PURE.
 *
 * Holds: the renderer depends on nothing that depends on it; no action that is allowed is a wildcard; no policy or environment is longer
 * than Amazon takes, which is found out here rather than halfway through a deployment.
 */
import { badConfig } from "../../errors.ts"
import { formatS3Url, type S3Place } from "../../store/s3/place.ts"
import {
  attribute,
  CODE_PARAMETERS,
  DISTRIBUTION_ARN,
  ORIGINALS_BUCKET,
  ref,
  type Resources,
  sub,
  type Template,
} from "./cloudformation.ts"
import { delivery, type Domain, type EdgeSources } from "./delivery.ts"
import { events, eventsSwitch } from "./events.ts"
import { batch, renderer, sync, type Variables } from "./functions.ts"
import { type Listed, rendererStatements, syncStatements } from "./policies.ts"

export interface TemplateOptions {
  /** Of the originals. */
  readonly place: S3Place
  readonly listed: Listed
  /** Settings of the functions, but for the places. */
  readonly variables: Readonly<Record<string, string>>
  readonly edge: EdgeSources
  /** Renders at one time, and where there is a batch once more as many in it; 0 reserves none. */
  readonly concurrency: number
  /** Turn on EventBridge for the bucket of originals. */
  readonly enableEvents: boolean
  /** With the function that renders ahead. */
  readonly warm: boolean
  readonly domain: Domain | undefined
}

const resourcesOf = ({ place, listed, concurrency, warm, domain, ...options }: TemplateOptions): Resources => {
  const inBucket = { ...place, bucket: `\${${ORIGINALS_BUCKET}}` }
  const originals = `arn:\${AWS::Partition}:s3:::${inBucket.bucket}/${place.prefix}`
  const renditions = "${Renditions.Arn}/"
  const variables: Variables = {
    ...options.variables,
    IMGTAILOR_ORIGINALS: sub(formatS3Url(inBucket)),
    IMGTAILOR_RENDITIONS: sub("s3://${Renditions}"),
  }
  const rendering = { statements: rendererStatements(originals, renditions, listed), variables, concurrency }
  return {
    ...delivery(options.edge, domain),
    ...renderer(rendering),
    ...sync(syncStatements(renditions, listed, DISTRIBUTION_ARN), variables),
    ...events(place, warm),
    ...(options.enableEvents && eventsSwitch()),
    ...(warm && batch(rendering)),
  }
}

/** IAM User Guide, "IAM and AWS STS quotas": of all inline policies of a role together, without white space. */
const MAX_POLICY = 10_240
/** An ARN of a name that is not known yet: 63 characters are a bucket's longest name. */
const LONGEST_ARN = "arn:aws-us-gov:s3:::".length + 63

const policyLength = (role: unknown): number =>
  JSON.stringify(role, (_, value: unknown) =>
    typeof value === "object" && value !== null && "Fn::Sub" in value ? value["Fn::Sub"] : value,
  ).replaceAll(/\$\{[^}]*\}/g, "x".repeat(LONGEST_ARN)).length

/** Lambda Developer Guide, "Lambda quotas": 4 KB of environment variables. */
const MAX_VARIABLES = 4096

const variablesLength = (variables: Variables): number =>
  Object.entries(variables).reduce(
    (sum, [name, value]) => sum + name.length + (typeof value === "string" ? Buffer.byteLength(value) : LONGEST_ARN),
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

/** What of the resources is longer than Amazon takes. */
const lengthProblems = (options: TemplateOptions): readonly string[] => {
  const { sizes, retired } = options.listed
  const [policy, variables] = [longestPolicy(resourcesOf(options)), longestVariables(resourcesOf(options))]
  const fits = (count: number): boolean => {
    const [first, ...rest] = sizes
    const listed: Listed = { sizes: [first, ...rest.slice(0, count - 1)], retired }
    return longestPolicy(resourcesOf({ ...options, listed })) <= MAX_POLICY
  }
  const most = sizes.findLastIndex((_, index) => fits(index + 1)) + 1
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

const PARAMETERS = {
  [CODE_PARAMETERS.bucket]: {
    Type: "String",
    Description: "Bucket of the functions' zip, in the region of the stack.",
  },
  [CODE_PARAMETERS.key]: {
    Type: "String",
    Description: "The zip, made by imgtailor package --mode direct; another name for another zip.",
  },
} as const

const output = (Description: string, Value: unknown): Template["Outputs"][string] => ({ Description, Value })

/**
 * The template.
 * @throws {bad-config} where the list, or the settings, are longer than policies and environments may be
 */
export const directTemplate = (options: TemplateOptions): Template => {
  const { place, warm } = options
  const problems = lengthProblems(options)
  if (problems.length > 0) throw badConfig(problems)
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "Renditions of photos, each made when it is first asked for.",
    Parameters: {
      [ORIGINALS_BUCKET]: { Type: "String", Default: place.bucket, Description: "Only ever read." },
      ...PARAMETERS,
    },
    Resources: resourcesOf(options),
    Outputs: {
      DistributionDomainName: output("Where renditions are.", attribute("Distribution", "DomainName")),
      DistributionId: output("For invalidations.", ref("Distribution")),
      RenditionsBucket: output("Kept when the stack is deleted.", ref("Renditions")),
      RendererName: output("The function that renders.", ref("Renderer")),
      ...(warm && {
        BatchArn: output("The function that S3 Batch Operations calls.", attribute("Batch", "Arn")),
        BatchRoleArn: output("The role that it calls it with.", attribute("BatchRole", "Arn")),
      }),
    },
  }
}

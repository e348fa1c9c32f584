/** Responsible for the options of a stack besides the settings of imgtailor, and for the mistakes in them. */
import { PRICE_CLASSES, type PriceClass } from "./delivery.ts"

/** Options of a stack besides the settings. */
export interface StackOptions {
  /** Concurrent executions reserved for the renderer: the limit of its cost. 0 reserves none. @default 0 */
  readonly concurrency?: number | undefined
  /** Memory of the renderer in MB, 512 to 10240. It decides the largest originals, and the processor time. @default 1536 */
  readonly memory?: number | undefined
  /** Turn on EventBridge for the bucket of originals, in addition to its notifications. Replaced photos stay stale without it. @default true */
  readonly enableEvents?: boolean | undefined
  /** Add a function that renders ahead of demand, and a role for S3 Batch Operations. @default false */
  readonly warm?: boolean | undefined
  /** Custom domains. Need `certificateArn`. */
  readonly aliases?: readonly string[] | undefined
  /** ARN of a certificate for `aliases`, in us-east-1. */
  readonly certificateArn?: string | undefined
  /** Name of a bucket for CloudFront's access logs. Its access control lists must be enabled. */
  readonly logBucket?: string | undefined
  /** ARN of a web ACL with scope CLOUDFRONT. */
  readonly webAcl?: string | undefined
  /** Requests from one IP address within five minutes, above which it is blocked: 10 or more. Only in us-east-1. */
  readonly rateLimit?: number | undefined
  /** Parts of the world that CloudFront serves from. @default PriceClass_All */
  readonly priceClass?: PriceClass | undefined
  /** Region of CloudFront's Origin Shield: one more cache in front of S3 and Lambda. */
  readonly originShield?: string | undefined
  /** ARN of an SNS topic for alarms. */
  readonly alarmTopic?: string | undefined
  /** ARN of the KMS key that encrypts the originals. */
  readonly kmsKeyArn?: string | undefined
  /** Name of an existing bucket for renditions, such as that of a deleted stack. Its policy is merged. @default a new bucket */
  readonly renditionsBucket?: string | undefined
}

/** Names of the options of a stack. */
export const STACK_OPTIONS: readonly (keyof StackOptions)[] = [
  "concurrency",
  "memory",
  "enableEvents",
  "warm",
  "aliases",
  "certificateArn",
  "logBucket",
  "webAcl",
  "rateLimit",
  "priceClass",
  "originShield",
  "alarmTopic",
  "kmsKeyArn",
  "renditionsBucket",
]

/** In MB. */
export const DEFAULT_MEMORY = 1536

/** True for a value that is known only when it is deployed: a token of the CDK. */
const isToken = (text: string): boolean => text.includes("${")

/** A pattern for an ARN of a service, such as `arn:aws:kms:eu-central-1:123456789012:key/…`. */
const arnOf = (service: string, region: string, resource: string): RegExp =>
  new RegExp(`^arn:aws[a-z-]*:${service}:${region}:\\d{12}:${resource}$`)

interface TextRule {
  readonly pattern: RegExp
  readonly expected: string
}

const TEXTS = {
  // CloudFront accepts certificates and web ACLs of no other region (ACM User Guide, "Supported Regions").
  certificateArn: {
    pattern: arnOf("acm", "us-east-1", "certificate/\\S+"),
    expected: "the ARN of a certificate in us-east-1, like arn:aws:acm:us-east-1:123456789012:certificate/…",
  },
  webAcl: {
    pattern: arnOf("wafv2", "us-east-1", "global/webacl/\\S+"),
    expected: "the ARN of a web ACL for CloudFront, like arn:aws:wafv2:us-east-1:123456789012:global/webacl/…",
  },
  alarmTopic: {
    pattern: arnOf("sns", "[a-z0-9-]+", "[\\w-]+"),
    expected: "the ARN of an SNS topic, like arn:aws:sns:eu-central-1:123456789012:alarms",
  },
  kmsKeyArn: {
    pattern: arnOf("kms", "[a-z0-9-]+", "key/[\\w-]+"),
    expected: "the ARN of a KMS key, like arn:aws:kms:eu-central-1:123456789012:key/…",
  },
  logBucket: { pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, expected: "the name of a bucket" },
  renditionsBucket: { pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, expected: "the name of a bucket" },
  originShield: { pattern: /^[a-z]{2}-[a-z]+-\d$/, expected: "a region, like eu-central-1" },
} satisfies Partial<Record<keyof StackOptions, TextRule>>

const textProblems = (stack: StackOptions): readonly string[] =>
  (Object.keys(TEXTS) as (keyof typeof TEXTS)[]).flatMap((name) => {
    const value = stack[name]
    const { pattern, expected } = TEXTS[name]
    return value === undefined || isToken(value) || pattern.test(value)
      ? []
      : [`${name}: Expected ${expected}, got ${JSON.stringify(value)}.`]
  })

interface NumberRule {
  readonly least: number
  readonly most: number
  readonly expected: string
}

const NUMBERS = {
  concurrency: { least: 0, most: Infinity, expected: "a whole number, 0 for none" },
  memory: { least: 512, most: 10_240, expected: "a whole number of MB from 512 to 10240" },
  rateLimit: { least: 10, most: 2_000_000_000, expected: "a whole number of at least 10" },
} satisfies Partial<Record<keyof StackOptions, NumberRule>>

const numberProblems = (stack: StackOptions): readonly string[] =>
  (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).flatMap((name) => {
    const value = stack[name]
    const { least, most, expected } = NUMBERS[name]
    return value === undefined || (Number.isInteger(value) && value >= least && value <= most)
      ? []
      : [`${name}: Expected ${expected}, got ${JSON.stringify(value)}.`]
  })

const domainProblems = ({ aliases = [], certificateArn }: StackOptions): readonly string[] =>
  aliases.length > 0 === (certificateArn !== undefined)
    ? []
    : ["aliases: Expected domains together with certificateArn, got one without the other."]

const priceProblems = ({ priceClass }: StackOptions): readonly string[] =>
  priceClass === undefined || PRICE_CLASSES.includes(priceClass)
    ? []
    : [`priceClass: Expected one of ${PRICE_CLASSES.join(", ")}, got ${JSON.stringify(priceClass)}.`]

const aclProblems = ({ webAcl, rateLimit }: StackOptions): readonly string[] =>
  webAcl !== undefined && rateLimit !== undefined
    ? ["rateLimit: Expected none together with webAcl: add the rule to that web ACL."]
    : []

/** Every mistake in the options, as sentences. */
export const optionProblems = (stack: StackOptions): readonly string[] => [
  ...domainProblems(stack),
  ...textProblems(stack),
  ...numberProblems(stack),
  ...priceProblems(stack),
  ...aclProblems(stack),
]

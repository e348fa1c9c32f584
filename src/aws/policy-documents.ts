/**
 * Responsible for the documents of a setup by hand: a policy for each role and bucket, and the routing rules of a website endpoint, all
 * derived from one list of sizes. Pure.
 */
import { mergeStatements } from "./merge-policy.ts"
import { type Listed, publicStatements, rendererStatements, type Statement, syncStatements } from "./stack/policies.ts"

/** Options of {@link policyDocuments}. */
export interface PolicyOptions {
  /** ARN of the location of originals with a trailing slash: `arn:aws:s3:::shop-photos/`. */
  readonly originals: string
  /** That of renditions. */
  readonly renditions: string
  readonly listed: Listed
  /** Host of the API, if a website endpoint serves the renditions. */
  readonly apiHost: string | undefined
  /** Path of the function in the API, without slashes at its ends. */
  readonly route: string
  /** ARN of the distribution whose copies are invalidated. */
  readonly distributionArn: string | undefined
  /** ARN of the KMS key that encrypts the originals. */
  readonly kmsKeyArn: string | undefined
  /** Let everybody read originals through the website endpoint, too. */
  readonly hasPublicOriginals: boolean
  /** Value of the setting `focalPoints`. */
  readonly focalPoints?: string | undefined
  /** The present policy of the bucket of renditions, as JSON. */
  readonly existing: string | undefined
}

/** A document, and the name of its file. */
export interface PolicyDocument {
  readonly name: string
  readonly text: string
}

const VERSION = "2012-10-17"

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

const policyOf = (statements: readonly Statement[]): string => toJson({ Version: VERSION, Statement: statements })

const EVERYBODY_READS = { Sid: "EverybodyReads", Effect: "Allow", Principal: "*", Action: ["s3:GetObject"] } as const

/** Public permissions of the bucket: everything in it, or only renditions. */
const websiteStatements = ({ renditions, listed, hasPublicOriginals }: PolicyOptions): readonly Statement[] =>
  hasPublicOriginals ? [{ ...EVERYBODY_READS, Resource: [`${renditions}*`] }] : publicStatements(renditions, listed)

const cloudFrontStatement = (renditions: string, distributionArn: string) => ({
  Sid: "ImgTailorCloudFrontReads",
  Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" },
  Action: ["s3:GetObject"],
  Resource: [`${renditions}*`],
  Condition: { StringEquals: { "AWS:SourceArn": distributionArn } },
})

/** S3 answers 403 instead of 404 for a missing object, unless the client may list the bucket. */
const STATUSES = ["404", "403"] as const

interface RoutingRule {
  readonly Condition: Readonly<Record<string, string>>
  readonly Redirect: Readonly<Record<string, string>>
}

const routingRules = (apiHost: string, route: string): readonly RoutingRule[] =>
  STATUSES.map((HttpErrorCodeReturnedEquals) => ({
    Condition: { HttpErrorCodeReturnedEquals },
    Redirect: {
      Protocol: "https",
      HostName: apiHost,
      ReplaceKeyPrefixWith: `${route}?key=`,
      HttpRedirectCode: "307",
    },
  }))

const elementsOf = (values: Readonly<Record<string, string>>, indent: string): string =>
  Object.entries(values)
    .map(([name, value]) => `${indent}<${name}>${value.replaceAll("&", "&amp;")}</${name}>`)
    .join("\n")

const toXml = (rules: readonly RoutingRule[]): string => `<?xml version="1.0" encoding="UTF-8"?>
<!-- Requests for a missing object, or for one that S3 reports as forbidden because it is missing, are redirected to the function. -->
<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <IndexDocument>
    <Suffix>index.html</Suffix>
  </IndexDocument>
  <RoutingRules>
${rules
  .map(
    ({ Condition, Redirect }) => `    <RoutingRule>
      <Condition>
${elementsOf(Condition, "        ")}
      </Condition>
      <Redirect>
${elementsOf(Redirect, "        ")}
      </Redirect>
    </RoutingRule>`,
  )
  .join("\n")}
  </RoutingRules>
</WebsiteConfiguration>
`

const websiteDocuments = (options: PolicyOptions, apiHost: string): readonly PolicyDocument[] => {
  const rules = routingRules(apiHost, options.route)
  return [
    { name: "bucket-policy.json", text: `${mergeStatements(options.existing, websiteStatements(options))}\n` },
    { name: "website.json", text: toJson({ IndexDocument: { Suffix: "index.html" }, RoutingRules: rules }) },
    { name: "website.xml", text: toXml(rules) },
  ]
}

const cloudFrontDocuments = ({ renditions, distributionArn, existing }: PolicyOptions): readonly PolicyDocument[] =>
  distributionArn === undefined
    ? []
    : [
        {
          name: "bucket-policy.json",
          text: `${mergeStatements(existing, [cloudFrontStatement(renditions, distributionArn)])}\n`,
        },
      ]

/** Every document, in the order of a setup. With `apiHost` those of the redirect flow, else those of the direct flow. */
export const policyDocuments = (options: PolicyOptions): readonly PolicyDocument[] => {
  const { originals, renditions, listed, apiHost, distributionArn, kmsKeyArn, focalPoints } = options
  const rendering = rendererStatements(originals, renditions, listed, kmsKeyArn, focalPoints)
  return [
    ...(apiHost === undefined ? cloudFrontDocuments(options) : websiteDocuments(options, apiHost)),
    { name: "renderer-policy.json", text: policyOf(rendering) },
    { name: "sync-policy.json", text: policyOf(syncStatements(renditions, listed, distributionArn)) },
  ]
}

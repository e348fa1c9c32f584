/** Responsible for the bucket of renditions: one of the stack itself, or an existing one. Pure. */
import { attribute, DISTRIBUTION_ARN, PARAMETER, ref, type Resource, type Resources, sub } from "./cloudformation.ts"
import { customResource } from "./setup.ts"

/** How other resources name a bucket. */
export interface BucketNames {
  readonly name: object
  /** For {@link sub}, without a trailing slash. */
  readonly arn: string
  /** For {@link sub}: `s3://…`. */
  readonly url: string
  readonly domain: object
}

const OWN: BucketNames = {
  name: ref("Renditions"),
  arn: "${Renditions.Arn}",
  url: "s3://${Renditions}",
  domain: attribute("Renditions", "RegionalDomainName"),
}

const EXISTING: BucketNames = {
  name: ref(PARAMETER.renditions),
  arn: `arn:\${AWS::Partition}:s3:::\${${PARAMETER.renditions}}`,
  url: `s3://\${${PARAMETER.renditions}}`,
  domain: sub(`\${${PARAMETER.renditions}}.s3.\${AWS::Region}.\${AWS::URLSuffix}`),
}

/** The names of the bucket of renditions. @param isExisting whether it is not a resource of the stack */
export const renditionsBucket = (isExisting: boolean): BucketNames => (isExisting ? EXISTING : OWN)

/** It outlives the stack, since rendering everything again costs money; but not a first deployment that fails. */
const renditions: Resource = {
  Type: "AWS::S3::Bucket",
  DeletionPolicy: "RetainExceptOnCreate",
  UpdateReplacePolicy: "Retain",
  Properties: {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    LifecycleConfiguration: {
      Rules: [{ Status: "Enabled", AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    },
  },
}

/** CloudFront may read but not list: a missing object is then a 403, at which it tries the function. */
const readStatement = ({ arn }: BucketNames): object => ({
  Sid: "ImgTailorCloudFrontReads",
  Effect: "Allow",
  Principal: { Service: "cloudfront.amazonaws.com" },
  Action: "s3:GetObject",
  Resource: sub(`${arn}/*`),
  Condition: { StringEquals: { "AWS:SourceArn": sub(DISTRIBUTION_ARN) } },
})

const tlsStatement = ({ arn }: BucketNames): object => ({
  Sid: "ImgTailorTlsOnly",
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: [sub(arn), sub(`${arn}/*`)],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
})

/** The bucket and its policy. The policy of an existing bucket is merged with the statements that it has. */
export const renditionsResources = (isExisting: boolean): Resources => {
  const names = renditionsBucket(isExisting)
  if (isExisting)
    return {
      RenditionsPolicy: customResource({
        Task: "bucket-policy",
        Bucket: names.name,
        Statements: [readStatement(names)],
      }),
    }
  return {
    Renditions: renditions,
    RenditionsPolicy: {
      Type: "AWS::S3::BucketPolicy",
      Properties: {
        Bucket: names.name,
        PolicyDocument: { Version: "2012-10-17", Statement: [readStatement(names), tlsStatement(names)] },
      },
    },
  }
}

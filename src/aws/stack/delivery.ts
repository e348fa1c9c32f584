/**
 * What visitors meet: CloudFront, whose function at the edge refuses what is not on the list; behind it the bucket of renditions, then, for
 * what is not there, the function that renders. Nothing but CloudFront may read either. PURE.
 *
 * Resources are named after what CloudFormation names by itself, so that two stacks, or two constructs in one, never want one name.
 */
import { ERRORS } from "../../error-codes.ts"
import { attribute, DISTRIBUTION_ARN, ref, type Resource, type Resources, sub } from "./cloudformation.ts"

/** A name of one's own, with its certificate (in us-east-1). */
export interface Domain {
  readonly aliases: readonly string[]
  readonly certificateArn: string
}

/** It outlives the stack: making all renditions again costs money. */
const renditions: Resource = {
  Type: "AWS::S3::Bucket",
  DeletionPolicy: "Retain",
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

/** CloudFront may read, without listing: what is missing is then a 403, on which it goes on to the function. */
const renditionsPolicy: Resource = {
  Type: "AWS::S3::BucketPolicy",
  Properties: {
    Bucket: ref("Renditions"),
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CloudFrontReads",
          Effect: "Allow",
          Principal: { Service: "cloudfront.amazonaws.com" },
          Action: "s3:GetObject",
          Resource: sub("${Renditions.Arn}/*"),
          Condition: { StringEquals: { "AWS:SourceArn": sub(DISTRIBUTION_ARN) } },
        },
        {
          Sid: "NothingInTheClear",
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [attribute("Renditions"), sub("${Renditions.Arn}/*")],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    },
  },
}

/** @param name a resource that nothing else of this kind is named after */
const originAccess = (type: "s3" | "lambda", name: string): Resource => ({
  Type: "AWS::CloudFront::OriginAccessControl",
  Properties: {
    OriginAccessControlConfig: {
      Name: ref(name),
      OriginAccessControlOriginType: type,
      SigningBehavior: "always",
      SigningProtocol: "sigv4",
    },
  },
})

/** The path alone tells renditions apart; how long each is kept, it says itself. */
const cachePolicy: Resource = {
  Type: "AWS::CloudFront::CachePolicy",
  Properties: {
    CachePolicyConfig: {
      Name: ref("Renderer"),
      MinTTL: 0,
      DefaultTTL: 86_400,
      MaxTTL: 31_536_000,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: false,
        EnableAcceptEncodingBrotli: false,
        CookiesConfig: { CookieBehavior: "none" },
        HeadersConfig: { HeaderBehavior: "none" },
        QueryStringsConfig: { QueryStringBehavior: "none" },
      },
    },
  },
}

/**
 * Statuses for which CloudFront lets one say how long it keeps them (CloudFront Developer Guide, "Create a custom error page for specific
 * HTTP status codes"), but for 416, which it never keeps. Of all others (412, 413, 415, 422, 508) the origin's header decides, or nothing.
 */
const SETTABLE = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504] as const

/** As long as the briefest error of a status may be kept; what is no error of ours, not at all. */
const errorSeconds = (status: number): number => {
  const seconds = Object.values(ERRORS)
    .filter((kind) => kind.status === status)
    .map(({ cacheSeconds }) => cacheSeconds)
  return seconds.length > 0 ? Math.min(...seconds) : 0
}

/** 403 and 404 are what a bucket says of what is missing; at 5xx the function may still know an answer. */
const FAILOVER = [403, 404, 500, 502, 503, 504] as const

const ORIGINS = [
  {
    Id: "renditions",
    DomainName: attribute("Renditions", "RegionalDomainName"),
    OriginAccessControlId: attribute("RenditionsAccess", "Id"),
    // Has to be there, and empty, with an access control.
    S3OriginConfig: { OriginAccessIdentity: "" },
  },
  {
    Id: "renderer",
    DomainName: { "Fn::Select": [2, { "Fn::Split": ["/", attribute("RendererUrl", "FunctionUrl")] }] },
    OriginAccessControlId: attribute("RendererAccess", "Id"),
    CustomOriginConfig: { OriginProtocolPolicy: "https-only", OriginSSLProtocols: ["TLSv1.2"] },
  },
]

const certificateOf = ({ aliases, certificateArn }: Domain): object => ({
  Aliases: aliases,
  ViewerCertificate: {
    AcmCertificateArn: certificateArn,
    SslSupportMethod: "sni-only",
    MinimumProtocolVersion: "TLSv1.2_2021",
  },
})

/** @param cacheTag the header in which both origins say which original an answer is of */
const distribution = (domain: Domain | undefined, cacheTag: string): Resource => ({
  Type: "AWS::CloudFront::Distribution",
  Properties: {
    DistributionConfig: {
      Enabled: true,
      HttpVersion: "http2and3",
      IPV6Enabled: true,
      CacheTagConfig: { HeaderName: cacheTag },
      Origins: ORIGINS,
      OriginGroups: {
        Quantity: 1,
        Items: [
          {
            Id: "stored-else-rendered",
            FailoverCriteria: { StatusCodes: { Quantity: FAILOVER.length, Items: FAILOVER } },
            Members: { Quantity: ORIGINS.length, Items: ORIGINS.map(({ Id }) => ({ OriginId: Id })) },
          },
        ],
      },
      DefaultCacheBehavior: {
        TargetOriginId: "stored-else-rendered",
        ViewerProtocolPolicy: "redirect-to-https",
        // The function at the edge answers OPTIONS by itself, and refuses all others that come.
        AllowedMethods: ["GET", "HEAD", "OPTIONS"],
        Compress: false,
        CachePolicyId: ref("CachePolicy"),
        FunctionAssociations: [
          { EventType: "viewer-request", FunctionARN: attribute("Edge", "FunctionARN") },
          { EventType: "viewer-response", FunctionARN: attribute("EdgeHeaders", "FunctionARN") },
        ],
      },
      CustomErrorResponses: SETTABLE.map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: errorSeconds(ErrorCode) })),
      ...(domain && certificateOf(domain)),
    },
  },
})

/** Sources of the functions at the edge. */
export interface EdgeSources {
  /** Refuses what is not on the list, and negotiates. */
  readonly request: string
  /** Adds the headers that neither origin has. */
  readonly response: string
}

/** @param name a resource that nothing else of this kind is named after */
const edgeFunction = (source: string, name: string, comment: string): Resource => ({
  Type: "AWS::CloudFront::Function",
  Properties: {
    Name: ref(name),
    AutoPublish: true,
    FunctionConfig: { Comment: comment, Runtime: "cloudfront-js-2.0" },
    FunctionCode: source,
  },
})

/** The bucket of renditions and all of CloudFront; the resources `Renderer` and `RendererUrl` are another's. */
export const delivery = ({ request, response }: EdgeSources, domain: Domain | undefined): Resources => ({
  Renditions: renditions,
  RenditionsPolicy: renditionsPolicy,
  RenditionsAccess: originAccess("s3", "Renditions"),
  RendererAccess: originAccess("lambda", "Renderer"),
  CachePolicy: cachePolicy,
  Edge: edgeFunction(request, "Renderer", "Refuses what is not on the list, and negotiates."),
  EdgeHeaders: edgeFunction(response, "Renditions", "Adds the headers that neither origin has."),
  Distribution: distribution(domain, "x-amz-meta-cache-tag"),
})

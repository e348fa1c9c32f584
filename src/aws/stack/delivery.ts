/**
 * Responsible for CloudFront: the edge function refuses unlisted URLs, then the bucket of renditions is tried, then the function that
 * renders. Only CloudFront may read either. Pure.
 *
 * Invariants:
 * - Names of resources contain a name that CloudFormation generated, so two stacks, or two constructs in a stack, never collide.
 */
import { ERRORS } from "../../error-codes.ts"
import { type BucketNames, renditionsBucket } from "./buckets.ts"
import { attribute, ref, type Resource, type Resources } from "./cloudformation.ts"

/** Custom domains with their certificate (in us-east-1). */
export interface Domain {
  readonly aliases: readonly string[]
  readonly certificateArn: string
}

/** Sources of the edge functions. */
export interface EdgeSources {
  /** For viewer requests: refuses unlisted URLs and negotiates. */
  readonly request: string
  /** For viewer responses: adds the headers that the origins do not have. */
  readonly response: string
}

/** Options of the distribution. */
export interface DeliveryOptions {
  readonly edge: EdgeSources
  readonly domain: Domain | undefined
  /** Whether the bucket of renditions is an existing one. */
  readonly isExistingBucket: boolean
  /** Name of a bucket for access logs. */
  readonly logBucket: string | undefined
  /** ARN of a web ACL. */
  readonly webAcl: string | undefined
  /** Requests from one IP address within five minutes, above which it is blocked. */
  readonly rateLimit: number | undefined
  readonly priceClass: PriceClass | undefined
  /** Region of CloudFront's Origin Shield. */
  readonly originShield: string | undefined
}

/** Parts of the world that CloudFront serves from. */
export const PRICE_CLASSES = ["PriceClass_100", "PriceClass_200", "PriceClass_All"] as const
/** See {@link PRICE_CLASSES}. */
export type PriceClass = (typeof PRICE_CLASSES)[number]

/** The header with the cache tags of an original, in the responses of both origins. */
const CACHE_TAG = "x-amz-meta-cache-tag"

/** @param name ID of a resource after which no other access control is named */
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

/** The path alone distinguishes renditions. Each response states how long it may be cached. */
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
 * Statuses whose caching CloudFront allows to configure (CloudFront Developer Guide, "Create a custom error page for specific HTTP status
 * codes"), except 416, which it never caches. For the others (412, 413, 415, 422, 508), the origin's header or nothing decides.
 */
const SETTABLE = [400, 403, 404, 405, 414, 500, 501, 502, 503, 504] as const

/** The shortest time of the errors with a status; 0 for statuses that imgtailor does not use. */
const errorSeconds = (status: number): number => {
  const seconds = Object.values(ERRORS)
    .filter((kind) => kind.status === status)
    .map(({ cacheSeconds }) => cacheSeconds)
  return seconds.length > 0 ? Math.min(...seconds) : 0
}

/** The bucket answers 403 and 404 for a missing object. After 5xx, the function may still answer. */
const FAILOVER = [403, 404, 500, 502, 503, 504] as const

/** Longer than the function's time-out: CloudFront would call it again otherwise, up to three times. */
const READ_TIMEOUT_SECONDS = 60

interface Origin {
  readonly Id: string
  readonly [property: string]: unknown
}

const originsOf = ({ domain }: BucketNames, shield: string | undefined): readonly Origin[] => {
  const OriginShield = shield === undefined ? undefined : { Enabled: true, OriginShieldRegion: shield }
  return [
    {
      Id: "renditions",
      DomainName: domain,
      OriginAccessControlId: attribute("RenditionsAccess", "Id"),
      // Required, and empty with an access control.
      S3OriginConfig: { OriginAccessIdentity: "" },
      ...(OriginShield && { OriginShield }),
    },
    {
      Id: "renderer",
      DomainName: { "Fn::Select": [2, { "Fn::Split": ["/", attribute("RendererUrl", "FunctionUrl")] }] },
      OriginAccessControlId: attribute("RendererAccess", "Id"),
      CustomOriginConfig: {
        OriginProtocolPolicy: "https-only",
        OriginSSLProtocols: ["TLSv1.2"],
        OriginReadTimeout: READ_TIMEOUT_SECONDS,
      },
      ...(OriginShield && { OriginShield }),
    },
  ]
}

const certificateOf = ({ aliases, certificateArn }: Domain): object => ({
  Aliases: aliases,
  ViewerCertificate: {
    AcmCertificateArn: certificateArn,
    SslSupportMethod: "sni-only",
    MinimumProtocolVersion: "TLSv1.2_2021",
  },
})

const originGroup = (members: readonly Origin[]): object => ({
  Id: "stored-else-rendered",
  FailoverCriteria: { StatusCodes: { Quantity: FAILOVER.length, Items: FAILOVER } },
  Members: { Quantity: members.length, Items: members.map(({ Id }) => ({ OriginId: Id })) },
})

const behaviour: object = {
  TargetOriginId: "stored-else-rendered",
  ViewerProtocolPolicy: "redirect-to-https",
  // The edge function answers OPTIONS, and refuses other methods.
  AllowedMethods: ["GET", "HEAD", "OPTIONS"],
  Compress: false,
  CachePolicyId: ref("CachePolicy"),
  FunctionAssociations: [
    { EventType: "viewer-request", FunctionARN: attribute("Edge", "FunctionARN") },
    { EventType: "viewer-response", FunctionARN: attribute("EdgeHeaders", "FunctionARN") },
  ],
}

const webAclOf = ({ webAcl, rateLimit }: DeliveryOptions): unknown =>
  rateLimit === undefined ? webAcl : attribute("RateLimit")

const distribution = (options: DeliveryOptions): Resource => {
  const { domain, isExistingBucket, logBucket, priceClass, originShield } = options
  const origins = originsOf(renditionsBucket(isExistingBucket), originShield)
  const webAcl = webAclOf(options)
  return {
    Type: "AWS::CloudFront::Distribution",
    Properties: {
      DistributionConfig: {
        Enabled: true,
        HttpVersion: "http2and3",
        IPV6Enabled: true,
        CacheTagConfig: { HeaderName: CACHE_TAG },
        Origins: origins,
        OriginGroups: { Quantity: 1, Items: [originGroup(origins)] },
        DefaultCacheBehavior: behaviour,
        CustomErrorResponses: SETTABLE.map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: errorSeconds(ErrorCode) })),
        ...(domain && certificateOf(domain)),
        ...(webAcl !== undefined && { WebACLId: webAcl }),
        ...(priceClass && { PriceClass: priceClass }),
        ...(logBucket !== undefined && { Logging: { Bucket: `${logBucket}.s3.amazonaws.com`, Prefix: "imgtailor/" } }),
      },
    },
  }
}

/** Blocks an IP address with too many requests. A web ACL for CloudFront can only be created in us-east-1. */
const rateLimitAcl = (limit: number): Resource => {
  const visibility = (MetricName: string): object => ({
    SampledRequestsEnabled: true,
    CloudWatchMetricsEnabled: true,
    MetricName,
  })
  return {
    Type: "AWS::WAFv2::WebACL",
    Properties: {
      Scope: "CLOUDFRONT",
      DefaultAction: { Allow: {} },
      VisibilityConfig: visibility("imgtailor"),
      Rules: [
        {
          Name: "rate-limit",
          Priority: 0,
          Action: { Block: {} },
          Statement: { RateBasedStatement: { AggregateKeyType: "IP", EvaluationWindowSec: 300, Limit: limit } },
          VisibilityConfig: visibility("imgtailor-rate-limit"),
        },
      ],
    },
  }
}

/** @param name ID of a resource after which no other function is named */
const edgeFunction = (source: string, name: string, comment: string): Resource => ({
  Type: "AWS::CloudFront::Function",
  Properties: {
    Name: ref(name),
    AutoPublish: true,
    FunctionConfig: { Comment: comment, Runtime: "cloudfront-js-2.0" },
    FunctionCode: source,
  },
})

/** All resources of CloudFront. `Renderer`, `RendererRole`, `RendererUrl` and `Renditions` are in other modules. */
export const delivery = (options: DeliveryOptions): Resources => {
  const { edge, rateLimit } = options
  return {
    RenditionsAccess: originAccess("s3", "RendererRole"),
    RendererAccess: originAccess("lambda", "Renderer"),
    CachePolicy: cachePolicy,
    Edge: edgeFunction(edge.request, "Renderer", "Refuses unlisted URLs and chooses the format."),
    EdgeHeaders: edgeFunction(edge.response, "RendererRole", "Adds the headers that the origins do not have."),
    Distribution: distribution(options),
    ...(rateLimit !== undefined && { RateLimit: rateLimitAcl(rateLimit) }),
  }
}

/**
 * `imgtailor/cdk`: the direct flow as a construct of the AWS CDK. It includes the template that `imgtailor template` prints, with the code
 * as an asset; logical ids come from the construct's path, so there may be several in a stack.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { type CfnDistribution, Distribution, type IDistribution } from "aws-cdk-lib/aws-cloudfront"
import { type CfnFunction, Function as LambdaFunction, type IFunction } from "aws-cdk-lib/aws-lambda"
import { Bucket, type CfnBucket, type IBucket } from "aws-cdk-lib/aws-s3"
import { Asset } from "aws-cdk-lib/aws-s3-assets"
import { CfnInclude } from "aws-cdk-lib/cloudformation-include"
import { Construct } from "constructs"

import type { TailorOptions } from "../../config/options.ts"
import { parseS3Url } from "../../store/s3/place.ts"
import { CODE_PARAMETERS, ORIGINALS_BUCKET } from "./cloudformation.ts"
import type { StackOptions } from "./stack.ts"
import type { Wanted } from "./synthesise.ts"

type Settings = Omit<
  TailorOptions,
  "originals" | "renditions" | "sharedStore" | "s3Endpoint" | "s3PathStyle" | "watch" | "host" | "port"
>

/** Settings as in a configuration file, and what a stack may say besides. */
export interface ImageTailorProps extends Settings, StackOptions {
  /** The bucket of originals (an `IBucket`), or `s3://bucket/prefix`. Only ever read; in the stack's account and region. */
  readonly originals: Pick<IBucket, "bucketName"> | string
  /** Path of a zip in place of the one that is made: `imgtailor package --mode direct`. */
  readonly code?: string | undefined
}

const PROGRAM = fileURLToPath(new URL("../../../dist/aws/stack/synthesise.js", import.meta.url))

/** Runs the program to its end. @throws with what is wrong with the settings, or with what npm says of sharp */
const synthesise = (wanted: Wanted, folder: string): void => {
  const { status, stderr, error } = spawnSync(process.execPath, [PROGRAM, folder], {
    input: JSON.stringify(wanted),
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`imgtailor: ${error?.message ?? stderr.trim()}`)
}

/** A bucket's name may not be known before it is deployed; the template has it as a parameter. */
const placeOf = (
  originals: ImageTailorProps["originals"],
): { readonly url: string; readonly bucket: string | undefined } =>
  typeof originals === "string"
    ? { url: originals, bucket: parseS3Url(originals)?.bucket }
    : { url: "s3://originals", bucket: originals.bucketName }

const wantedOf = ({ originals, code, ...props }: ImageTailorProps): Wanted => {
  const { concurrency, enableEvents, warm, aliases, certificateArn, ...settings } = props
  return {
    settings: { ...settings, originals: placeOf(originals).url },
    stack: { concurrency, enableEvents, warm, aliases, certificateArn },
    code: code === undefined,
  }
}

/**
 * Renditions of a bucket of photos, by CloudFront, S3 and Lambda.
 *
 * @example
 * new ImageTailor(this, "Images", { originals: "s3://shop-photos", sizes: ["360x270", "480h", "1280w"] })
 */
export class ImageTailor extends Construct {
  /** What visitors ask. */
  readonly distribution: IDistribution
  /** The bucket of what was made; kept when the stack is deleted. */
  readonly renditions: IBucket
  /** The function that renders. */
  readonly renderer: IFunction
  /** Of the distribution, like `d111111abcdef8.cloudfront.net`. */
  readonly domainName: string

  /** @throws with every mistake in the settings; where npm cannot fetch sharp */
  constructor(scope: Construct, id: string, props: ImageTailorProps) {
    super(scope, id)
    const folder = mkdtempSync(join(tmpdir(), "imgtailor-cdk-"))
    try {
      synthesise(wantedOf(props), folder)
      // Both read their files at once.
      const code = new Asset(this, "Code", { path: props.code ?? join(folder, "code.zip") })
      const template = new CfnInclude(this, "Template", {
        templateFile: join(folder, "template.json"),
        preserveLogicalIds: false,
        parameters: {
          [ORIGINALS_BUCKET]: placeOf(props.originals).bucket,
          [CODE_PARAMETERS.bucket]: code.s3BucketName,
          [CODE_PARAMETERS.key]: code.s3ObjectKey,
        },
      })
      const distribution = template.getResource("Distribution") as CfnDistribution
      const renderer = template.getResource("Renderer") as CfnFunction
      this.domainName = distribution.attrDomainName
      this.distribution = Distribution.fromDistributionAttributes(this, "Distribution", {
        domainName: distribution.attrDomainName,
        distributionId: distribution.attrId,
      })
      this.renditions = Bucket.fromCfnBucket(template.getResource("Renditions") as CfnBucket)
      this.renderer = LambdaFunction.fromFunctionAttributes(this, "Renderer", {
        functionArn: renderer.attrArn,
        sameEnvironment: true,
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/**
 * Responsible for the direct flow as a construct of the AWS CDK (`imgtailor/cdk`). It includes the template that `imgtailor template`
 * prints, with the code as an asset. Logical IDs contain the construct's path, so a stack can have several.
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
import type { CfnResource } from "aws-cdk-lib/core"
import { Construct } from "constructs"

import type { TailorOptions } from "../../config/options.ts"
import { parseS3Url } from "../../store/s3/place.ts"
import { PARAMETER } from "./cloudformation.ts"
import { DEFAULT_MEMORY, STACK_OPTIONS, type StackOptions } from "./stack-options.ts"
import type { SynthesisInput } from "./synthesise.ts"

type Settings = Omit<
  TailorOptions,
  "originals" | "renditions" | "sharedStore" | "s3Endpoint" | "s3PathStyle" | "watch" | "host" | "port"
>

/** Settings as in a configuration file, and options of the stack. */
export interface ImageTailorProps extends Settings, StackOptions {
  /** The bucket of originals (an `IBucket`), or `s3://bucket/prefix`. Only read; in the stack's account and region. */
  readonly originals: Pick<IBucket, "bucketName"> | string
  /** Path of a zip made by `imgtailor package --mode direct`. @default it is made */
  readonly code?: string | undefined
}

const PROGRAM = fileURLToPath(new URL("../../../dist/aws/stack/synthesise.js", import.meta.url))

/** @throws {Error} with the mistakes in the settings, or with npm's message */
const synthesise = (input: SynthesisInput, folder: string): void => {
  const { status, stderr, error } = spawnSync(process.execPath, [PROGRAM, folder], {
    input: JSON.stringify(input),
    encoding: "utf8",
  })
  if (status !== 0) throw new Error(`imgtailor: ${error?.message ?? stderr.trim()}`)
}

/** The name of a bucket may be known only when it is deployed, so the template has it as a parameter. */
const locationOf = (
  originals: ImageTailorProps["originals"],
): { readonly url: string; readonly bucket: string | undefined } =>
  typeof originals === "string"
    ? { url: originals, bucket: parseS3Url(originals)?.bucket }
    : { url: "s3://originals", bucket: originals.bucketName }

const toInput = (props: ImageTailorProps): SynthesisInput => {
  const isStackOption = (name: string): boolean => STACK_OPTIONS.some((option) => option === name)
  const { originals, code, ...others } = props
  const settings = Object.fromEntries(Object.entries(others).filter(([name]) => !isStackOption(name)))
  return {
    settings: { ...settings, originals: locationOf(originals).url },
    stack: Object.fromEntries(STACK_OPTIONS.map((name) => [name, props[name]])),
    code: code === undefined,
  }
}

/** Values for all parameters of the template. CloudFormation compares them as text. */
const parametersOf = (props: ImageTailorProps, code: Asset): Record<string, unknown> => ({
  [PARAMETER.originals]: locationOf(props.originals).bucket,
  ...(props.renditionsBucket !== undefined && { [PARAMETER.renditions]: props.renditionsBucket }),
  [PARAMETER.codeBucket]: code.s3BucketName,
  [PARAMETER.codeKey]: code.s3ObjectKey,
  [PARAMETER.memory]: props.memory ?? DEFAULT_MEMORY,
  [PARAMETER.concurrency]: String(props.concurrency ?? 0),
})

/** Logical IDs of the template's resources. */
type ResourceId = "Distribution" | "Renderer" | "RendererRole" | "Sync" | "SyncRole" | "Batch" | "Edge" | "Changes"

/**
 * Renditions of a bucket of photos, with CloudFront, S3 and Lambda.
 *
 * @example
 * const images = new ImageTailor(this, "Images", {
 *   originals: "s3://shop-photos",
 *   sizes: ["360x270", "480h", "1280w"],
 * })
 * new CfnOutput(this, "ImageHost", { value: images.domainName })
 */
export class ImageTailor extends Construct {
  /** The distribution that serves renditions. */
  readonly distribution: IDistribution
  /** The bucket of renditions. It stays when the stack is deleted. */
  readonly renditions: IBucket
  /** The function that renders. */
  readonly renderer: IFunction
  /** Host of the distribution, like `d111111abcdef8.cloudfront.net`. */
  readonly domainName: string
  readonly #template: CfnInclude

  /** @throws {Error} with every mistake in the settings, or if npm cannot fetch sharp */
  constructor(scope: Construct, id: string, props: ImageTailorProps) {
    super(scope, id)
    const folder = mkdtempSync(join(tmpdir(), "imgtailor-cdk-"))
    try {
      synthesise(toInput(props), folder)
      // Both constructors read their file.
      const code = new Asset(this, "Code", { path: props.code ?? join(folder, "code.zip") })
      this.#template = new CfnInclude(this, "Template", {
        templateFile: join(folder, "template.json"),
        preserveLogicalIds: false,
        parameters: parametersOf(props, code),
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
    const distribution = this.getResource("Distribution") as CfnDistribution
    const { renditionsBucket } = props
    this.domainName = distribution.attrDomainName
    this.distribution = Distribution.fromDistributionAttributes(this, "Distribution", {
      domainName: distribution.attrDomainName,
      distributionId: distribution.attrId,
    })
    this.renditions =
      renditionsBucket === undefined
        ? Bucket.fromCfnBucket(this.#template.getResource("Renditions") as CfnBucket)
        : Bucket.fromBucketName(this, "Renditions", renditionsBucket)
    this.renderer = LambdaFunction.fromFunctionAttributes(this, "Renderer", {
      functionArn: (this.getResource("Renderer") as CfnFunction).attrArn,
      sameEnvironment: true,
    })
  }

  /**
   * A resource of the template, to change properties that no option sets.
   * @param logicalId as `imgtailor template` prints it
   * @example
   * const distribution = images.getResource("Distribution") as CfnDistribution
   * distribution.addPropertyOverride("DistributionConfig.Comment", "photos of the shop")
   */
  getResource(logicalId: ResourceId | (string & {})): CfnResource {
    return this.#template.getResource(logicalId)
  }
}

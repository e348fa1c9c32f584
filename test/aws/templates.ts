/** Settings and helpers for tests of the stack's template. */
import type { Resource, Template } from "../../src/aws/stack/cloudformation.ts"
import type { StackOptions } from "../../src/aws/stack/stack.ts"

interface ShopSettings {
  readonly originals: string
  readonly sizes: readonly (string | { readonly size: string; readonly name: string; readonly quality: number })[]
  readonly retired: { readonly sizes: readonly string[] }
}

/** Settings of a small shop. */
export const SETTINGS: ShopSettings & Readonly<Record<string, unknown>> = {
  originals: "s3://shop-photos",
  sizes: ["360x270", "480h", { size: "1280w", name: "wide", quality: 70 }],
  retired: { sizes: ["640w"] },
}

/** A certificate for custom domains. */
export const CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d-0000-4000-8000-000000000000"

/** Every option that can be combined with the others. */
export const ALL: StackOptions = {
  concurrency: 40,
  memory: 2048,
  warm: true,
  aliases: ["images.example.com"],
  certificateArn: CERTIFICATE,
  logBucket: "shop-logs",
  webAcl: "arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/0a1b2c3d",
  priceClass: "PriceClass_100",
  originShield: "eu-central-1",
  alarmTopic: "arn:aws:sns:eu-central-1:123456789012:alarms",
  kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0000-4000-8000-000000000000",
}

/** A resource. @throws {Error} there is none with this ID */
export const find = (template: Template, id: string): Resource => {
  const found = template.Resources[id]
  if (!found) throw new Error(`Expected a resource ${id}`)
  return found
}

/** A value somewhere below the properties of a resource. */
export const at = (template: Template, id: string, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, name) => (value as Record<string | number, unknown> | undefined)?.[name],
    find(template, id).Properties,
  )

/** Resources of a type, with their IDs. */
export const ofType = ({ Resources }: Template, type: string): readonly (readonly [string, Resource])[] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type)

/** Environment variables of a function. */
export const variablesOf = (template: Template, id: string): Readonly<Record<string, string>> =>
  at(template, id, "Environment", "Variables") as Record<string, string>

const VALUES: Readonly<Record<string, string>> = {
  "Renditions.Arn": "arn:aws:s3:::shop-renditions",
  Renditions: "shop-renditions",
  OriginalsBucket: "shop-photos",
  RenditionsBucket: "shop-renditions",
  "AWS::Partition": "aws",
  "AWS::AccountId": "123456789012",
  Distribution: "E2EXAMPLE1ABCD",
}

const valueOf = (name: string): string => {
  const [id = ""] = name.split(".")
  if (name.startsWith("!")) return `\${${name.slice(1)}}`
  if (VALUES[name] !== undefined) return VALUES[name]
  if (id.endsWith("Log")) return `arn:aws:logs:eu-central-1:123456789012:log-group:${id}:*`
  if (id === "Batch" || id === "Sync") return `arn:aws:lambda:eu-central-1:123456789012:function:${id}`
  return `arn:aws:sqs:eu-central-1:123456789012:${id}`
}

/** A value after a deployment. */
export const deployed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(/\{"Fn::Join":\["",\["([^"]*)"\]\]\}/g, '"$1"')
      .replaceAll(/\{"Fn::Sub":"([^"]*)"\}/g, (_, text: string) =>
        JSON.stringify(text.replaceAll(/\$\{([^}]*)\}/g, (__, name: string) => valueOf(name))),
      )
      .replaceAll(/\{"Ref":"([^"]*)"\}/g, (_, name: string) => JSON.stringify(valueOf(name))),
  ) as unknown

/** The statements of a role after a deployment. */
export const statementsOf = (template: Template, role: string): readonly object[] =>
  deployed(at(template, role, "Policies", 0, "PolicyDocument", "Statement")) as readonly object[]

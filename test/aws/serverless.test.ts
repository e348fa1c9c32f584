/** What Serverless makes of examples/aws/serverless.yml, and that CloudFormation would take it, and cloudfront.json, as they are. */
import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { changesIn, type SyncEvent } from "../../src/aws/object-events.ts"
import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"
import { fixture } from "./fixture.ts"

const tools = findTools("osls", "cfn-lint")

const EXAMPLES = join(PACKAGE, "examples", "aws")

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource?: unknown
}

interface Resource {
  readonly Type: string
  readonly Properties: Readonly<Record<string, unknown>>
}

interface Role {
  readonly Policies: readonly { readonly PolicyDocument: { readonly Statement: readonly Statement[] } }[]
  readonly ManagedPolicyArns?: unknown
}

/** Complaints about a template, other than that a dependency is said twice, which is how osls does it. */
const lint = async (file: string): Promise<string> => {
  const cwd = await temporaryFolder()
  const running = launch(tools?.["cfn-lint"] ?? "", ["--ignore-checks", "W3005", "--", file], { cwd })
  await running.ended
  return running.stdout() + running.stderr()
}

/** The stack's template, as osls makes it without credentials and without a network. */
const packageService = async (): Promise<string> => {
  const folder = join(await temporaryFolder(), "service")
  await cp(EXAMPLES, folder, { recursive: true })
  // Nobody looks into them before they are deployed.
  for (const mode of ["redirect", "sync"]) await writeFile(join(folder, `imgtailor-${mode}.zip`), "a zip")
  const running = launch(process.execPath, [tools?.osls ?? "", "package"], { cwd: folder })
  expect(await running.ended, `osls says ${running.stdout()}${running.stderr()}`).toBe(0)
  return join(folder, ".serverless", "cloudformation-template-update-stack.json")
}

const attribute = (name: string, of = "Arn"): object => ({ "Fn::GetAtt": [name, of] })

it.each(["eventbridge-created", "eventbridge-deleted"])(
  "the second pass of sync, which a queue brings, is about the same photo as the first: %s",
  async (name) => {
    const event = await fixture<SyncEvent>(name)
    const change = { bucket: "shop", key: "produs_227613/größe 1+1.jpg" }
    expect(changesIn(event)).toEqual([change])
    expect(changesIn({ Records: [{ body: JSON.stringify(event) }] })).toEqual([change])
  },
)

describe.skipIf(tools === undefined)("the stacks of examples/aws", { timeout: 60_000 }, () => {
  it("cloudfront.json is a template without a mistake", async () => {
    expect(await lint(join(EXAMPLES, "cloudfront.json"))).toBe("")
  })

  it("serverless.yml becomes what it says: two functions with a role each, a route, and two passes of sync", async () => {
    const file = await packageService()
    const linted = lint(file)
    const template = JSON.parse(await readFile(file, "utf8")) as { readonly Resources: Record<string, Resource> }
    const propertiesOf = (name: string): Readonly<Record<string, unknown>> => {
      const resource = template.Resources[name]
      expect(resource, `the stack has ${name}`).toBeDefined()
      return resource?.Properties ?? {}
    }

    const settings = { BUCKET: "shop-photos", CDN_URL: "https://images.example.com", SIZES: "360x270,480h,1280w" }
    expect(propertiesOf("ResizerLambdaFunction")).toMatchObject({
      Handler: "index.handler",
      Runtime: "nodejs22.x",
      Architectures: ["arm64"],
      MemorySize: 1024,
      Timeout: 15,
      ReservedConcurrentExecutions: 20,
      Environment: { Variables: settings },
      Role: attribute("RendererRole"),
    })
    expect(propertiesOf("SyncLambdaFunction")).toMatchObject({
      Environment: { Variables: settings },
      Role: attribute("SyncRole"),
    })
    expect(propertiesOf("HttpApiRouteGetResizer")["RouteKey"]).toBe("GET /resizer")
    expect(propertiesOf("HttpApiStage")["DefaultRouteSettings"]).toMatchObject({ ThrottlingRateLimit: 50 })

    const grantedBy = (name: string): readonly string[] => {
      const { Policies, ManagedPolicyArns } = propertiesOf(name) as unknown as Role
      expect(ManagedPolicyArns).toBeUndefined()
      return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(({ Action }) => Action))
    }
    const logs = ["logs:CreateLogStream", "logs:PutLogEvents"]
    expect(grantedBy("RendererRole")).toEqual(["s3:GetObject", "s3:GetObject", "s3:PutObject", ...logs])
    expect(grantedBy("SyncRole")).toEqual([
      "s3:DeleteObject",
      ...logs,
      "sqs:ReceiveMessage",
      "sqs:DeleteMessage",
      "sqs:GetQueueAttributes",
      "cloudfront:CreateInvalidation",
    ])
    // No role but these, and nothing of a managed policy or of keys.
    const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::IAM::Role")
    expect(roles.map(([name]) => name)).toEqual(["RendererRole", "SyncRole"])
    expect(JSON.stringify(template)).not.toMatch(/FullAccess|AWS_KEY|AWS_SECRET|ACCESS_KEY/)

    expect(propertiesOf("Changes")).toMatchObject({
      EventPattern: {
        source: ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted"],
        detail: { bucket: { name: [settings.BUCKET] } },
      },
      Targets: [{ Arn: attribute("SyncLambdaFunction") }, { Arn: attribute("SecondPass") }],
    })
    expect(propertiesOf("ChangesCallSync")).toMatchObject({ SourceArn: attribute("Changes") })
    expect(propertiesOf("SyncEventSourceMappingSQSSecondPass")).toMatchObject({
      EventSourceArn: attribute("SecondPass"),
      FunctionName: attribute("SyncLambdaFunction"),
    })
    const { DelaySeconds, VisibilityTimeout } = propertiesOf("SecondPass")
    expect(Number(DelaySeconds)).toBeGreaterThan(Number(propertiesOf("ResizerLambdaFunction")["Timeout"]))
    expect(Number(VisibilityTimeout)).toBe(6 * Number(propertiesOf("SyncLambdaFunction")["Timeout"]))
    expect(await linted).toBe("")
  })
})

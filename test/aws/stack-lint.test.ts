/** The template, checked by programs that know CloudFormation and IAM: cfn-lint, checkov and parliament. */
import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { basename, join } from "node:path"

import { beforeAll, describe, expect, it } from "vitest"

import type { Template } from "../../src/aws/stack/cloudformation.ts"
import { makeTemplate, type StackOptions } from "../../src/aws/stack/stack.ts"
import { temporaryFolder } from "../support/folders.ts"
import { findTools } from "../support/tools.ts"
import { ALL, ofType, SETTINGS, statementsOf } from "./templates.ts"

const tools = findTools("cfn-lint", "checkov", "parliament")

const { webAcl: _, ...WITHOUT_ACL } = ALL

const SETS: Readonly<Record<string, readonly [object, StackOptions]>> = {
  plain: [SETTINGS, {}],
  all: [SETTINGS, ALL],
  "rate-limit": [SETTINGS, { ...WITHOUT_ACL, rateLimit: 2000 }],
  existing: [SETTINGS, { enableEvents: false, renditionsBucket: "shop-renditions" }],
  prefix: [{ originals: "s3://shop-photos/by/year", sizes: ["1w"], formats: [], basePath: "/img" }, { concurrency: 5 }],
}

/** Runs a program. @returns its standard output; its exit code is not 0 where it finds something */
const run = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((done) => {
    execFile(program, args, { maxBuffer: 1e8 }, (_error, stdout) => done(stdout))
  })

const templates: Record<string, Template> = {}
beforeAll(async () => {
  for (const [name, [settings, stack]] of Object.entries(SETS))
    templates[name] = await makeTemplate({ ...settings }, stack)
})

/** Problems that cfn-lint finds in the texts of templates, by name. One run for all, because it takes a second to start. */
const lint = async (texts: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> => {
  const folder = await temporaryFolder()
  const files = Object.keys(texts).map((name) => join(folder, `${name}.json`))
  for (const [name, text] of Object.entries(texts)) await writeFile(join(folder, `${name}.json`), text)
  const stdout = await run(String(tools?.["cfn-lint"]), ["--format", "parseable", ...files])
  const linesOf = (file: string): string =>
    stdout
      .split("\n")
      .filter((line) => line.startsWith(`${file}:`))
      .join("\n")
  return Object.fromEntries(files.map((file) => [basename(file, ".json"), linesOf(file)]))
}

describe.skipIf(tools === undefined)("cfn-lint", () => {
  it("reports a misspelt property, and nothing for any combination of options", { timeout: 60_000 }, async () => {
    const texts = Object.entries(templates).map(([name, template]) => [name, JSON.stringify(template)] as const)
    const misspelt = JSON.stringify(templates["plain"]).replace("CacheTagConfig", "CacheTagsConfig")
    const { misspelt: complaint, ...rest } = await lint({ ...Object.fromEntries(texts), misspelt })
    expect(complaint).toContain("CacheTagsConfig")
    expect(rest).toEqual(Object.fromEntries(texts.map(([name]) => [name, ""])))
  })
})

/** Rules of checkov that the template breaks, with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  CKV_AWS_18: "Access logs of the bucket: only CloudFront and the functions read it, and CloudFront has its own logs.",
  CKV_AWS_21: "Versions of objects: every rendition can be rendered again, and old versions would cost storage.",
  CKV_AWS_27: "A customer's key for queues: they contain names of photos, and are encrypted with keys of SQS.",
  CKV_AWS_68: "A web ACL costs $5 a month and more: --web-acl and --rate-limit.",
  CKV_AWS_86: "Access logs of CloudFront need a bucket with access control lists: --log-bucket.",
  CKV_AWS_115:
    "A reservation for deleting or setup: the queues limit the first, and a deployment calls the second once.",
  CKV_AWS_116: "A dead-letter queue for functions: none is called asynchronously, and the queues have their own.",
  CKV_AWS_117: "A private network: URLs of functions do not stream in one, and the functions only call public APIs.",
  CKV_AWS_158: "A customer's key for logs: CloudWatch encrypts them with its own, and they contain no personal data.",
  CKV_AWS_173: "A customer's key for variables: Lambda encrypts them with its own, and none is a secret.",
  CKV_AWS_174: "TLS 1.2 needs a certificate of one's own: --aliases. CloudFront decides for its own domain.",
  CKV_AWS_192: "A rule against Log4j: no Java runs behind this distribution.",
}

interface Failure {
  readonly check_id: string
  readonly resource: string
  readonly file_path: string
}

interface Report {
  readonly summary: { readonly passed: number; readonly parsing_errors: number }
  readonly results: { readonly failed_checks: readonly Failure[] }
}

describe.skipIf(tools === undefined)("checkov", () => {
  it("reports only rules that are broken on purpose", { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    for (const [name, template] of Object.entries(templates))
      await writeFile(join(folder, `${name}.json`), JSON.stringify(template))
    const options = ["--framework", "cloudformation", "--quiet", "--compact", "--skip-download", "--output", "json"]
    const stdout = await run(String(tools?.checkov), ["--directory", folder, ...options])
    const { summary, results } = JSON.parse(stdout) as Report
    expect(summary.parsing_errors).toBe(0)
    expect(summary.passed).toBeGreaterThan(200)
    const failed = results.failed_checks
    for (const { check_id, resource, file_path } of failed)
      expect(EXCEPTIONS, `${file_path} ${resource}`).toHaveProperty(check_id)
    // An exception that is not needed any more is removed.
    expect([...new Set(failed.map(({ check_id }) => check_id))].toSorted()).toEqual(Object.keys(EXCEPTIONS).toSorted())

    const withAll = failed.filter(({ file_path }) => file_path.endsWith("all.json")).map(({ check_id }) => check_id)
    expect(withAll).not.toContain("CKV_AWS_68")
    expect(withAll).not.toContain("CKV_AWS_86")
    expect(withAll).not.toContain("CKV_AWS_174")
  })
})

/** Findings of parliament about a role that are intended, with the reason. */
const INTENDED: Readonly<Record<string, string>> = {
  "existing SetupRole: Possible resource policy privilege escalation":
    "Merging the policy of an existing bucket is the task of this role, which only a deployment uses.",
}

interface Finding {
  readonly title: string
  readonly location: { readonly filepath: string }
}

/** A role by the name of its template and its ID, and its policy. */
const policiesOf = (name: string): readonly (readonly [role: string, policy: string])[] => {
  const template = templates[name]
  if (!template) throw new Error(name)
  return ofType(template, "AWS::IAM::Role").map(([id]) => [
    `${name} ${id}`,
    JSON.stringify({ Version: "2012-10-17", Statement: statementsOf(template, id) }),
  ])
}

describe.skipIf(tools === undefined)("parliament", () => {
  it("reports a misspelt action, and only intended findings about the roles", { timeout: 60_000 }, async () => {
    const policies = ["plain", "all", "existing"].flatMap(policiesOf)
    expect(policies.map(([role]) => role)).toEqual(
      expect.arrayContaining(["plain RendererRole", "plain SyncRole", "all BatchRole"]),
    )
    const misspelt = { Effect: "Allow", Action: "s3:GetObjects", Resource: "arn:aws:s3:::shop-photos/*" }
    const folder = await temporaryFolder()
    for (const [role, policy] of [
      ...policies,
      ["misspelt", JSON.stringify({ Version: "2012-10-17", Statement: [misspelt] })] as const,
    ])
      await writeFile(join(folder, `${role}.json`), policy)
    const stdout = await run(String(tools?.parliament), ["--directory", folder, "--json"])
    const findings = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Finding)
      .map(({ title, location }) => `${basename(location.filepath, ".json")}: ${title}`)
    expect([...new Set(findings)].toSorted()).toEqual([...Object.keys(INTENDED), "misspelt: Unknown action"].toSorted())
  })
})

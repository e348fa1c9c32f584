/**
 * The files in examples/aws and examples/terraform: they agree with each other and with the code, and on a real S3 server their policies
 * allow the actions of the functions and nothing else.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"

import type { FunctionConfig } from "../../src/aws/function-config.ts"
import { createRedirectHandler } from "../../src/aws/redirect.ts"
import { publicStatements, rendererStatements, syncStatements } from "../../src/aws/stack/policies.ts"
import { makeTemplate } from "../../src/aws/stack/stack.ts"
import { createSyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { COMMON_HEADERS } from "../../src/http/headers.ts"
import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import { PACKAGE } from "../support/command.ts"
import { flat } from "../support/photos.ts"
import { type Identity, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const textOf = (name: string): Promise<string> => readFile(join(PACKAGE, "examples", "aws", name), "utf8")
const jsonOf = async <T>(name: string): Promise<T> => JSON.parse(await textOf(name)) as T

interface Statement {
  readonly Sid: string
  readonly Effect: "Allow"
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
}

const statementsOf = async (name: string): Promise<readonly Statement[]> =>
  (await jsonOf<{ readonly Statement: readonly Statement[] }>(`${name}-policy.json`)).Statement

const ENVIRONMENT = { ...environment(), region: "eu-central-1" }

const sizesIn = (yaml: string): readonly string[] => /SIZES: (.+)/.exec(yaml)?.[1]?.split(",") ?? []

describe("examples/aws", () => {
  it("has policies for the sizes in serverless.yml", async () => {
    const sizes = sizesIn(await textOf("serverless.yml"))
    expect(sizes.length).toBeGreaterThan(1)
    const { grammar } = resolveConfig({ originals: "s3://photos", renditions: "s3://renditions", sizes }, ENVIRONMENT)
    const place = "arn:aws:s3:::shop-photos/"
    expect(await statementsOf("renderer")).toEqual(rendererStatements(place, place, grammar))
    expect(await statementsOf("sync")).toEqual(syncStatements(place, grammar))
    expect(await statementsOf("bucket")).toEqual(publicStatements(place, grammar))
  })

  it("gives the functions only the permissions that they need", async () => {
    const actions = async (name: string): Promise<readonly string[]> =>
      (await statementsOf(name)).flatMap(({ Action }) => Action)
    expect(await actions("renderer")).toEqual(["s3:GetObject", "s3:GetObject", "s3:PutObject"])
    expect(await actions("sync")).toEqual(["s3:GetObject", "s3:DeleteObject", "s3:PutObject"])
    expect(await actions("bucket")).toEqual(["s3:GetObject"])
  })

  it("has 1024 MB of memory, a time-out of 15 s and the route /resizer, and reserves no concurrency", async () => {
    const yaml = await textOf("serverless.yml")
    for (const line of ["memorySize: 1024", "timeout: 15", "httpApi: GET /resizer", "handler: index.handler"])
      expect(yaml).toContain(line)
    expect(yaml).not.toMatch(/^\s*reservedConcurrency/m)
  })

  it("has the same rules for 404 and 403 in website.xml and website.json", async () => {
    interface Rule {
      readonly Condition: Readonly<Record<string, string>>
      readonly Redirect: Readonly<Record<string, string>>
    }
    const { RoutingRules } = await jsonOf<{ readonly RoutingRules: readonly Rule[] }>("website.json")
    expect(RoutingRules.map(({ Condition }) => Condition)).toEqual(
      ["404", "403"].map((HttpErrorCodeReturnedEquals) => ({ HttpErrorCodeReturnedEquals })),
    )
    const elementsIn = (text: string): readonly (readonly string[])[] =>
      [...text.matchAll(/<(\w+)>([^<]+?)<\/\1>/g)].map(([, name = "", value = ""]) => [name, value])
    const inJson = RoutingRules.flatMap(({ Condition, Redirect }) => Object.entries({ ...Condition, ...Redirect }))
    expect(elementsIn(await textOf("website.xml"))).toEqual([["Suffix", "index.html"], ...inJson])
  })

  it("lets CloudFront cache only responses with Cache-Control", async () => {
    interface Template {
      readonly Resources: {
        readonly CacheOnlyWithCacheControl: { readonly Properties: { readonly CachePolicyConfig: object } }
      }
    }
    const { Resources } = await jsonOf<Template>("cloudfront.json")
    expect(Resources.CacheOnlyWithCacheControl.Properties.CachePolicyConfig).toMatchObject({ MinTTL: 0, DefaultTTL: 0 })
  })

  it("lets CloudFront add the headers of imgtailor, which objects in a bucket do not have", async () => {
    const { Resources } = JSON.parse(await textOf("cloudfront.json"))
    const config = Resources.HeadersOfImages.Properties.ResponseHeadersPolicyConfig
    const { CorsConfig, SecurityHeadersConfig, CustomHeadersConfig } = config
    const others = CustomHeadersConfig.Items.map((item: Readonly<Record<string, string>>) => [
      item["Header"],
      item["Value"],
    ])
    expect({
      "access-control-allow-origin": CorsConfig.AccessControlAllowOrigins.Items.join(),
      "access-control-expose-headers": CorsConfig.AccessControlExposeHeaders.Items.join(),
      "content-security-policy": SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
      "x-content-type-options": SecurityHeadersConfig.ContentTypeOptions.Override ? "nosniff" : "",
      ...Object.fromEntries(others),
    }).toEqual(COMMON_HEADERS)
    const { DistributionConfig } = Resources.Images.Properties
    expect(DistributionConfig.DefaultCacheBehavior.ResponseHeadersPolicyId).toEqual({ Ref: "HeadersOfImages" })
  })
})

describe("examples/terraform", () => {
  it("sets parameters and reads outputs that the template has", async () => {
    const source = await readFile(join(PACKAGE, "examples", "terraform", "main.tf"), "utf8")
    const options = /--originals (\S+) --sizes (\S+) --no-enable-events/.exec(source)
    const [, originals, sizes = ""] = options ?? []
    const template = await makeTemplate({ originals, sizes: sizes.split(",") }, { enableEvents: false })
    const parameters = /parameters = \{([^}]*)\}/.exec(source)?.[1] ?? ""
    const names = [...parameters.matchAll(/^\s+(\w+)\s+=/gm)].map(([, name = ""]) => name)
    expect(names.toSorted()).toEqual(Object.keys(template.Parameters).toSorted())
    const outputs = [...source.matchAll(/outputs\["(\w+)"\]/g)].map(([, name = ""]) => name)
    expect(outputs.length).toBeGreaterThan(0)
    for (const name of outputs) expect(template.Outputs).toHaveProperty(name)
  })
})

describe.skipIf(versitygw === undefined)("the policies of examples/aws", () => {
  const KEY = "dir/360x270/a.jpg"
  let server: S3Server
  let users: Readonly<Record<"renderer" | "sync", Identity>>
  beforeAll(async () => {
    if (versitygw === undefined) return
    server = await startVersitygw()
    await server.createBucket("shop-photos")
    users = { renderer: await server.createUser("renderer"), sync: await server.createUser("sync") }
    const statements = await Promise.all(
      (["renderer", "sync"] as const).map(async (name) =>
        (await statementsOf(name)).map((statement) => Object.assign({ Principal: { AWS: name } }, statement)),
      ),
    )
    await server.setPolicy("shop-photos", [...statements.flat(), ...(await statementsOf("bucket"))])
    await server.putObject("shop-photos", "dir/a.jpg", await flat({ width: 800, height: 600 }))
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  afterAll(() => server?.stop())

  const configAs = (credentials: Identity, sizes: readonly string[]): (() => Promise<FunctionConfig>) => {
    vi.spyOn(process.stdout, "write").mockReturnValue(true)
    const place = { bucket: "shop-photos", endpoint: server.endpoint, credentials }
    const stores = { originals: s3Originals(place), renditions: s3Renditions(place), sharedStore: true }
    const config = resolveConfig({ ...stores, sizes }, environment())
    return async () => ({ config, cdnUrl: "https://images.example.com" })
  }

  const render = async (key: string): Promise<number> => {
    const handler = createRedirectHandler(configAs(users.renderer, ["360x270", "999w"]))
    const requestContext = { http: { method: "GET" } }
    return (await handler({ version: "2.0", rawPath: "/resizer", rawQueryString: `key=${key}`, requestContext }))
      .statusCode
  }

  const event = {
    Records: [
      { eventName: "ObjectCreated:Put", s3: { bucket: { name: "shop-photos" }, object: { key: "dir/a.jpg" } } },
    ],
  }

  it("let the renderer store listed sizes, and everybody read renditions but no originals", async () => {
    expect(await render(KEY)).toBe(301)
    expect((await fetch(`${server.endpoint}/shop-photos/${KEY}`)).status).toBe(200)
    expect((await fetch(`${server.endpoint}/shop-photos/dir/a.jpg`)).status).toBe(403)
  })

  it("deny the renderer to store an unlisted size, to delete, and to replace an original", async () => {
    expect(await render("dir/999w/a.jpg")).toBe(200)
    const store = s3Renditions({ bucket: "shop-photos", endpoint: server.endpoint, credentials: users.renderer })
    const meta = (await store.head(KEY)) ?? {
      original: "",
      version: "",
      kind: undefined,
      recipeId: "",
      etag: "",
      contentType: "",
      modifiedMs: 0,
    }
    await expect(store.put("dir/a.jpg", Uint8Array.of(1), meta)).rejects.toMatchObject({ code: "store-denied" })
    await expect(store.delete(["dir/a.jpg"])).rejects.toMatchObject({ code: "store-denied" })
    await expect(store.delete([KEY])).rejects.toMatchObject({ code: "store-denied" })
    expect(await server.keysIn("shop-photos")).toEqual([KEY, "dir/a.jpg"])
  })

  it("let sync delete renditions, and deny it to read or delete an original", async () => {
    await render(KEY)
    const store = s3Renditions({ bucket: "shop-photos", endpoint: server.endpoint, credentials: users.sync })
    await expect(store.delete(["dir/a.jpg"])).rejects.toMatchObject({ code: "store-denied" })
    const sync = createSyncHandler(configAs(users.sync, ["360x270"]))
    expect((await sync(event)).originals).toEqual(["dir/a.jpg"])
    expect(await server.keysIn("shop-photos")).toEqual(["dir/a.jpg"])
  })
})

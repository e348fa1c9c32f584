/**
 * What examples/aws ships: that its files agree with each other, that its settings keep no redirect, and, on a real S3 server, that its
 * policies let the functions do their work and nothing else.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest"

import type { FunctionConfig } from "../../src/aws/function-config.ts"
import { createRedirectHandler } from "../../src/aws/redirect.ts"
import { publicStatements, rendererStatements, syncStatements } from "../../src/aws/stack/policies.ts"
import { createSyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
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

const SOMEWHERE = { ...environment(), region: "eu-central-1" }

const sizesIn = (yaml: string): readonly string[] => /SIZES: (.+)/.exec(yaml)?.[1]?.split(",") ?? []

describe("examples/aws", () => {
  it("has the policies that are derived from the list of sizes, everywhere the same", async () => {
    const sizes = sizesIn(await textOf("serverless.yml"))
    expect(sizes.length).toBeGreaterThan(1)
    const { grammar } = resolveConfig({ originals: "s3://photos", renditions: "s3://renditions", sizes }, SOMEWHERE)
    const place = "arn:aws:s3:::shop-photos/"
    expect(await statementsOf("renderer")).toEqual(rendererStatements(place, place, grammar))
    expect(await statementsOf("sync")).toEqual(syncStatements(place, grammar))
    expect(await statementsOf("bucket")).toEqual(publicStatements(place, grammar))
  })

  it("gives functions no permission but these", async () => {
    const actions = async (name: string): Promise<readonly string[]> =>
      (await statementsOf(name)).flatMap(({ Action }) => Action)
    expect(await actions("renderer")).toEqual(["s3:GetObject", "s3:GetObject", "s3:PutObject"])
    expect(await actions("sync")).toEqual(["s3:DeleteObject"])
    expect(await actions("bucket")).toEqual(["s3:GetObject"])
  })

  it("has the article's memory, time-out and route", async () => {
    const yaml = await textOf("serverless.yml")
    for (const line of ["memorySize: 1024", "timeout: 15", "httpApi: GET /resizer", "handler: index.handler"])
      expect(yaml).toContain(line)
  })

  it("has the website's rules, for 404 and for 403, in XML and in JSON alike", async () => {
    interface Rule {
      readonly Condition: Readonly<Record<string, string>>
      readonly Redirect: Readonly<Record<string, string>>
    }
    const { RoutingRules } = await jsonOf<{ readonly RoutingRules: readonly Rule[] }>("website.json")
    expect(RoutingRules.map(({ Condition }) => Condition)).toEqual(
      ["404", "403"].map((HttpErrorCodeReturnedEquals) => ({ HttpErrorCodeReturnedEquals })),
    )
    const leaves = (text: string): readonly (readonly string[])[] =>
      [...text.matchAll(/<(\w+)>([^<]+?)<\/\1>/g)].map(([, name = "", value = ""]) => [name, value])
    const inJson = RoutingRules.flatMap(({ Condition, Redirect }) => Object.entries({ ...Condition, ...Redirect }))
    expect(leaves(await textOf("website.xml"))).toEqual([["Suffix", "index.html"], ...inJson])
  })

  it("has CloudFront keep what says for how long, and nothing else", async () => {
    interface Template {
      readonly Resources: {
        readonly KeepNothingUnasked: { readonly Properties: { readonly CachePolicyConfig: object } }
      }
    }
    const { Resources } = await jsonOf<Template>("cloudfront.json")
    expect(Resources.KeepNothingUnasked.Properties.CachePolicyConfig).toMatchObject({ MinTTL: 0, DefaultTTL: 0 })
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
    const granted = await Promise.all(
      (["renderer", "sync"] as const).map(async (name) =>
        (await statementsOf(name)).map((statement) => Object.assign({ Principal: { AWS: name } }, statement)),
      ),
    )
    await server.setPolicy("shop-photos", [...granted.flat(), ...(await statementsOf("bucket"))])
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

  it("let the renderer store listed sizes, and everybody read them and nothing else", async () => {
    expect(await render(KEY)).toBe(301)
    expect((await fetch(`${server.endpoint}/shop-photos/${KEY}`)).status).toBe(200)
    expect((await fetch(`${server.endpoint}/shop-photos/dir/a.jpg`)).status).toBe(403)
  })

  it("let the renderer store no other size, even where it is told to, and neither replace nor delete an original", async () => {
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

  it("let sync delete renditions, and neither read nor touch an original", async () => {
    await render(KEY)
    const store = s3Renditions({ bucket: "shop-photos", endpoint: server.endpoint, credentials: users.sync })
    await expect(store.delete(["dir/a.jpg"])).rejects.toMatchObject({ code: "store-denied" })
    const sync = createSyncHandler(configAs(users.sync, ["360x270"]))
    expect((await sync(event)).originals).toEqual(["dir/a.jpg"])
    expect(await server.keysIn("shop-photos")).toEqual(["dir/a.jpg"])
  })
})

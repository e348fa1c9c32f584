/** The roles of the stack on a real S3 server: their policies allow the actions of the functions, and nothing else. */
import { AwsClient } from "aws4fetch"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { makeTemplate } from "../../src/aws/stack/stack.ts"
import { type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import { SETTINGS, statementsOf } from "./templates.ts"

describe.skipIf(versitygw === undefined)("the role", () => {
  let server: S3Server
  const clients: Record<string, AwsClient> = {}
  beforeAll(async () => {
    if (versitygw === undefined) return
    server = await startVersitygw({ hasIam: true })
    await Promise.all(["shop-photos", "shop-renditions"].map(server.createBucket))
    const template = await makeTemplate({ ...SETTINGS, originals: "s3://shop-photos/shop" })
    for (const name of ["Renderer", "Sync"]) {
      const identity = await server.createUser(name, statementsOf(template, `${name}Role`))
      clients[name] = new AwsClient({ ...identity, service: "s3", region: "us-east-1", retries: 0 })
    }
    await server.putObject("shop-photos", "shop/a.jpg", "original")
    await server.putObject("shop-photos", "other/a.jpg", "original")
    for (const key of ["a/360x270/b.jpg", "a/640w/b.jpg", "a/999w/b.jpg", "a/b.jpg"])
      await server.putObject("shop-renditions", key, "rendition")
  })
  afterAll(() => server?.stop())

  it.each<["Renderer" | "Sync", string, string, number]>([
    ["Renderer", "GET", "shop-photos/shop/a.jpg", 200],
    ["Renderer", "GET", "shop-photos/other/a.jpg", 403],
    ["Renderer", "PUT", "shop-photos/shop/a.jpg", 403],
    ["Renderer", "PUT", "shop-photos/shop/360x270/a.jpg", 403],
    ["Renderer", "DELETE", "shop-photos/shop/a.jpg", 403],
    ["Renderer", "GET", "shop-photos?list-type=2", 403],
    ["Renderer", "GET", "shop-renditions?list-type=2", 403],
    ["Renderer", "GET", "shop-renditions/a/360x270/b.jpg", 200],
    ["Renderer", "GET", "shop-renditions/a/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/360x270/b.jpg", 200],
    ["Renderer", "PUT", "shop-renditions/wide/b.jpg", 200],
    ["Renderer", "PUT", "shop-renditions/a/b/info/c.jpg.json", 200],
    ["Renderer", "PUT", "shop-renditions/a/info/c.jpg.render", 200],
    ["Renderer", "PUT", "shop-renditions/a/1280w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/999w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/640w/b.jpg", 403],
    ["Renderer", "PUT", "shop-renditions/a/b.jpg", 403],
    ["Renderer", "DELETE", "shop-renditions/a/360x270/b.jpg", 403],
    ["Sync", "GET", "shop-photos/shop/a.jpg", 403],
    ["Sync", "PUT", "shop-photos/shop/a.jpg", 403],
    ["Sync", "DELETE", "shop-photos/shop/a.jpg", 403],
    ["Sync", "GET", "shop-photos?list-type=2", 403],
    ["Sync", "GET", "shop-renditions?list-type=2", 403],
    ["Sync", "GET", "shop-renditions/a/360x270/b.jpg", 200],
    ["Sync", "GET", "shop-renditions/a/640w/b.jpg", 200],
    ["Sync", "GET", "shop-renditions/a/b.jpg", 403],
    ["Sync", "PUT", "shop-renditions/a/360x270/b.jpg", 403],
    ["Sync", "PUT", "shop-renditions/a/info/b.jpg.json", 403],
    ["Sync", "PUT", "shop-renditions/a/info/b.jpg.purge", 200],
    ["Sync", "DELETE", "shop-renditions/a/info/b.jpg.purge", 204],
    ["Sync", "DELETE", "shop-renditions/a/999w/b.jpg", 403],
    ["Sync", "DELETE", "shop-renditions/a/b.jpg", 403],
    ["Sync", "DELETE", "shop-renditions/a/360x270/b.jpg", 204],
    ["Sync", "DELETE", "shop-renditions/a/640w/b.jpg", 204],
  ])("of %s gets for %s %s the status %i", async (who, method, path, status) => {
    const body = method === "PUT" ? "x" : null
    const response = await clients[who]?.fetch(`${server.endpoint}/${path}`, { method, body })
    await response?.arrayBuffer()
    expect(response?.status).toBe(status)
  })
})

/** Tests the S3 stores on a real server: stored objects, absent objects, and the least permissions. */
import { createHash } from "node:crypto"
import { gzipSync } from "node:zlib"

import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import { decodeValue } from "../../src/store/object-record.ts"
import { cacheTagOf, s3Originals, type S3Options, s3Renditions } from "../../src/store/s3/s3.ts"
import { readBody, type RenditionMeta } from "../../src/store/store.ts"
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { freePort } from "../support/free-port.ts"
import { type Identity, ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const META: RenditionMeta = {
  original: "shop/photo.jpg",
  version: "d41d8cd98f00b204e9800998ecf8427e",
  kind: "jpeg",
  recipeId: "abc123",
  etag: '"not the MD5"',
  contentType: "image/webp",
  modifiedMs: 1_700_000_000_000,
}

/** Names that are often encoded wrongly: space, plus, percent, umlauts, emoji, and characters that S3 and signatures escape differently. */
const AWKWARD = [
  "a b.jpg",
  "a+b.jpg",
  "100% 50%25.jpg",
  "Größe (ș).jpg",
  "🏺 vase.jpg",
  "it's ~!*'();:@&=,$.jpg",
  "#1?.jpg",
]

let server: S3Server
/** The same server, but a missing object is forbidden, as for clients that may not list. */
let hiding: FaultyS3
let photo: Buffer
beforeAll(async () => {
  if (versitygw === undefined) return
  photo = await sharp({ create: { width: 800, height: 600, channels: 3, background: "#c03040" } })
    .jpeg()
    .toBuffer()
  server = await startVersitygw()
  hiding = await startFaultyS3(server.endpoint)
  hiding.fail({ kind: "forbidden instead of missing" })
})
afterAll(async () => {
  await hiding?.close()
  await server?.stop()
})

const optionsFor = (bucket: string, more: Partial<S3Options> = {}): S3Options => ({
  bucket,
  endpoint: server.endpoint,
  credentials: ROOT,
  ...more,
})

const bucketNamed = async (name: string): Promise<string> => {
  await server.createBucket(name)
  return name
}

const get = async (
  tailor: Tailor,
  path: string,
): Promise<{ readonly status: number; readonly body: Buffer; readonly headers: Headers }> => {
  const response = await tailor.fetch(new Request(`http://localhost/${path}`))
  const { status, headers } = response
  return { status, headers, body: Buffer.from(await response.arrayBuffer()) }
}

describe.skipIf(versitygw === undefined)("a rendition in S3", () => {
  it("S3 serves a rendition with the same type, Cache-Control and ETag as imgtailor, and with a cache tag", async () => {
    const bucket = await bucketNamed("served-alone")
    await server.putObject(bucket, "in/shop/photo.jpg", photo)
    const tailor = createTailor({
      originals: `s3://${bucket}/in`,
      renditions: `s3://${bucket}/out`,
      s3Endpoint: hiding.endpoint,
      sizes: ["200x150"],
      isolation: "none",
      cacheControl: "public, max-age=77",
    })
    process.env["AWS_KEY"] = ROOT.accessKeyId
    process.env["AWS_SECRET"] = ROOT.secretAccessKey
    const ours = await get(tailor, "shop/200x150/photo.jpg.webp")
    await tailor.idle()
    delete process.env["AWS_KEY"]
    delete process.env["AWS_SECRET"]
    expect(ours.status).toBe(200)

    const alone = await server.ask(bucket, "out/shop/200x150/photo.jpg.webp")
    expect(Buffer.from(await alone.arrayBuffer())).toEqual(ours.body)
    for (const name of ["content-type", "cache-control", "etag", "content-length"])
      expect(alone.headers.get(name), `header ${name}`).toBe(ours.headers.get(name))
    expect(alone.headers.get("cache-control")).toBe("public, max-age=77")
    expect(alone.headers.get("etag")).toBe(`"${createHash("md5").update(ours.body).digest("hex")}"`)
    expect(alone.headers.get("x-amz-meta-cache-tag")).toBe(
      ["shop/photo.jpg.webp", "shop/photo.jpg"].map(cacheTagOf).join(","),
    )
    expect(alone.headers.get("x-amz-meta-original")).toBe("shop/photo.jpg")
  })

  it("the record survives for the longest key and for unusual characters", async () => {
    const bucket = await bucketNamed("records")
    const store = s3Renditions(optionsFor(bucket))
    for (const original of [...AWKWARD, "ü".repeat(512), " spaces  inside ", "=?UTF-8?B?4oKs?=", "b64:abc"]) {
      const meta = { ...META, original, version: `"${original.slice(0, 20)}"` }
      await store.put("360x270/a.jpg", Buffer.from("bytes"), meta)
      expect(await store.head("360x270/a.jpg")).toEqual(meta)
      const stored = await server.ask(bucket, "360x270/a.jpg")
      expect(decodeValue(stored.headers.get("x-amz-meta-original") ?? "")).toBe(original)
    }
  })

  it("a rendition gets the Cache-Control of its put, else that of the store, else none", async () => {
    const bucket = await bucketNamed("cache-control")
    const cacheControl = "public, max-age=60"
    const [plain, cached] = [s3Renditions(optionsFor(bucket)), s3Renditions({ ...optionsFor(bucket), cacheControl })]
    const stored = async (): Promise<string | null> =>
      (await server.ask(bucket, "360x270/a.jpg")).headers.get("cache-control")
    await plain.put("360x270/a.jpg", Buffer.from("bytes"), META)
    expect(await stored()).toBeNull()
    await cached.put("360x270/a.jpg", Buffer.from("bytes"), META)
    expect(await stored()).toBe(cacheControl)
    await cached.put("360x270/a.jpg", Buffer.from("bytes"), META, { cacheControl: "no-store" })
    expect(await stored()).toBe("no-store")
  })

  it("an object of another program, without a record, is a hit until it is purged", async () => {
    const bucket = await bucketNamed("foreign")
    await server.putObject(bucket, "shop/photo.jpg", photo)
    await server.putObject(bucket, "shop/200x150/photo.jpg", "an older program's picture", "image/png")
    const renditions = s3Renditions(optionsFor(bucket))
    expect(await renditions.head("shop/200x150/photo.jpg")).toMatchObject({ isForeign: true, contentType: "image/png" })
    const tailor = createTailor({
      originals: s3Originals(optionsFor(bucket)),
      renditions,
      sharedStore: true,
      sizes: ["200x150"],
      isolation: "none",
    })
    const old = await get(tailor, "shop/200x150/photo.jpg")
    expect(old.body.toString()).toBe("an older program's picture")
    expect(old.headers.get("content-type")).toBe("image/png")

    expect(await tailor.purge("shop/photo.jpg")).toBe(1)
    const made = await get(tailor, "shop/200x150/photo.jpg")
    expect(made.headers.get("content-type")).toBe("image/jpeg")
    await tailor.idle()
  })

  it("a rendition is stored and found under every awkward name", async () => {
    const bucket = await bucketNamed("awkward")
    for (const name of AWKWARD) await server.putObject(bucket, `in/größe 1+1/${name}`, photo)
    const tailor = createTailor({
      originals: s3Originals(optionsFor(bucket, { prefix: "in" })),
      renditions: s3Renditions(optionsFor(bucket, { prefix: "out/" })),
      sizes: ["200x150"],
      isolation: "none",
    })
    for (const name of AWKWARD) {
      const path = ["größe 1+1", "200x150", name].map(encodeURIComponent).join("/")
      expect((await get(tailor, path)).status, `status of ${name}`).toBe(200)
      await tailor.idle()
      expect((await get(tailor, path)).headers.get("cache-status"), `again ${name}`).toBe("imgtailor; hit")
      expect((await server.ask(bucket, `out/größe 1+1/200x150/${name}`)).status, `status of ${name}`).toBe(200)
    }
    expect(await tailor.purge(`größe 1+1/${AWKWARD[0]}`)).toBe(1)
  })

  it("a rendition of a replaced original is rendered again, and one of a deleted original is deleted", async () => {
    const bucket = await bucketNamed("replaced")
    const wide = await sharp({ create: { width: 900, height: 300, channels: 3, background: "#30c040" } })
      .jpeg()
      .toBuffer()
    await server.putObject(bucket, "in/a.jpg", photo)
    const tailor = createTailor({
      originals: s3Originals(optionsFor(bucket, { prefix: "in" })),
      renditions: s3Renditions(optionsFor(bucket, { prefix: "out" })),
      sizes: ["300w"],
      isolation: "none",
    })
    const heightOf = async (): Promise<number | undefined> =>
      (await sharp((await get(tailor, "300w/a.jpg")).body).metadata()).height
    expect(await heightOf()).toBe(225)
    await server.putObject(bucket, "in/a.jpg", wide)
    expect(await heightOf()).toBe(100)
    await tailor.idle()
    await server.deleteObject(bucket, "in/a.jpg")
    expect((await get(tailor, "300w/a.jpg")).status).toBe(404)
    expect(await server.keysIn(bucket)).toEqual([])
  })

  it("list returns more renditions than fit on a page", { timeout: 60_000 }, async () => {
    const bucket = await bucketNamed("many")
    const keys = Array.from({ length: 1030 }, (_, at) => `many ü+/${String(at).padStart(4, "0")} & co.jpg`)
    const store = s3Renditions(optionsFor(bucket, { prefix: "p" }))
    const queue = keys.values()
    const work = async (): Promise<void> => {
      for (const key of queue) await server.putObject(bucket, `p/${key}`, "x")
    }
    await Promise.all(Array.from({ length: 16 }, work))
    const listed: string[] = []
    for await (const key of store.list?.("many ü+/") ?? []) listed.push(key)
    expect(listed.toSorted()).toEqual(keys)
    expect(await store.delete([...keys.slice(0, 100), "many ü+/absent.jpg"])).toBe(100)
    const left: string[] = []
    for await (const key of store.list?.("") ?? []) left.push(key)
    expect(left).toHaveLength(keys.length - 100)
  })
})

describe.skipIf(versitygw === undefined)("with the least permissions", () => {
  const statement = (user: Identity, actions: readonly string[], resources: readonly string[]): object => ({
    Effect: "Allow",
    Principal: { AWS: user.accessKeyId },
    Action: actions.map((action) => `s3:${action}`),
    Resource: resources.map((resource) => `arn:aws:s3:::${resource}`),
  })

  /** Two buckets, and users for rendering and purging with the least permissions. */
  const stage = async (
    name: string,
  ): Promise<{
    readonly from: string
    readonly to: string
    readonly renderer: Identity
    readonly purger: Identity
  }> => {
    const [from, to] = [await bucketNamed(`${name}-originals`), await bucketNamed(`${name}-renditions`)]
    const [renderer, purger] = [await server.createUser(`${name}-renderer`), await server.createUser(`${name}-purger`)]
    const written = [`${to}/*/200x150/*`, `${to}/200x150/*`]
    await server.setPolicy(from, [statement(renderer, ["GetObject"], [`${from}/*`])])
    await server.setPolicy(to, [
      statement(renderer, ["GetObject", "PutObject"], written),
      statement(purger, ["DeleteObject"], written),
    ])
    return { from, to, renderer, purger }
  }

  it("rendering works; a missing original is 404, and the reason is reported once a minute", async () => {
    const { from, to, renderer } = await stage("renders")
    await server.putObject(from, "shop/photo.jpg", photo)
    const notices: string[] = []
    const options = {
      endpoint: hiding.endpoint,
      credentials: renderer,
      onNotice: (text: string) => void notices.push(text),
    }
    const tailor = createTailor({
      originals: s3Originals({ ...options, bucket: from }),
      renditions: s3Renditions({ ...options, bucket: to }),
      sizes: ["200x150"],
      isolation: "none",
    })
    expect((await get(tailor, "shop/200x150/photo.jpg")).status).toBe(200)
    await tailor.idle()
    expect(await server.keysIn(to)).toEqual(["shop/200x150/photo.jpg"])
    expect((await get(tailor, "shop/200x150/photo.jpg")).headers.get("cache-status")).toBe("imgtailor; hit")
    notices.length = 0
    for (const name of ["a", "b", "c"]) expect((await get(tailor, `shop/200x150/${name}.jpg`)).status).toBe(404)
    expect(notices).toHaveLength(1)
    expect(notices[0]).toContain(`s3://${from}/shop/a.jpg is missing or may not be read: 403 AccessDenied`)
  })

  it("a deleted original is 404, and its rendition stays where rendering may not delete", async () => {
    const { from, to, renderer } = await stage("gone")
    await server.putObject(from, "photo.jpg", photo)
    const options = { endpoint: hiding.endpoint, credentials: renderer }
    const tailor = createTailor({
      originals: s3Originals({ ...options, bucket: from }),
      renditions: s3Renditions({ ...options, bucket: to }),
      sizes: ["200x150"],
      isolation: "none",
    })
    expect((await get(tailor, "200x150/photo.jpg")).status).toBe(200)
    await tailor.idle()
    await server.deleteObject(from, "photo.jpg")
    expect((await get(tailor, "200x150/photo.jpg")).status).toBe(404)
    expect(await server.keysIn(to)).toEqual(["200x150/photo.jpg"])
  })

  it("the renderer can neither write another size or an original, nor delete or list", async () => {
    const { from, to, renderer } = await stage("refused")
    const denied = { code: "store-denied" }
    const store = s3Renditions(optionsFor(to, { credentials: renderer }))
    await expect(store.put("shop/999x9/a.jpg", Buffer.from("x"), META)).rejects.toMatchObject(denied)
    await expect(
      s3Renditions(optionsFor(from, { credentials: renderer })).put("a.jpg", Buffer.from("x"), META),
    ).rejects.toMatchObject(denied)
    await store.put("shop/200x150/a.jpg", Buffer.from("x"), META)
    await expect(store.delete(["shop/200x150/a.jpg"])).rejects.toMatchObject(denied)
    const list = async (): Promise<void> => {
      for await (const key of store.list?.("") ?? []) expect.unreachable(key)
    }
    await expect(list()).rejects.toMatchObject(denied)
  })

  it("purging works without permission to read, and then counts nothing", async () => {
    const { to, renderer, purger } = await stage("purges")
    await s3Renditions(optionsFor(to, { credentials: renderer })).put("shop/200x150/a.jpg", Buffer.from("x"), META)
    const store = s3Renditions(optionsFor(to, { credentials: purger }))
    expect(await store.delete(["shop/200x150/a.jpg", "shop/200x150/a.jpg.webp"])).toBe(0)
    expect(await server.keysIn(to)).toEqual([])
  })

  it("an object that may be listed but not read is absent, and reported; a missing one is absent", async () => {
    const bucket = await bucketNamed("unreadable")
    const reader = await server.createUser("lister")
    await server.putObject(bucket, "secret/a.jpg", photo)
    await server.setPolicy(bucket, [statement(reader, ["ListBucket"], [bucket])])
    const notices: string[] = []
    const onNotice = (text: string): void => void notices.push(text)
    const store = s3Originals(optionsFor(bucket, { credentials: reader, endpoint: hiding.endpoint, onNotice }))
    expect(await store.head("secret/b.jpg")).toBeUndefined()
    expect(await store.get("secret/a.jpg.webp")).toBeUndefined()
    expect(notices).toEqual([])
    expect(await store.head("secret/a.jpg")).toBeUndefined()
    expect(await store.get("secret/a.jpg")).toBeUndefined()
    expect(notices).toEqual([expect.stringContaining(`s3://${bucket}/secret/a.jpg exists but may not be read`)])
  })

  it("a proxy's 403 without XML counts as S3's AccessDenied", async () => {
    const bucket = await bucketNamed("page")
    const proxy = await startFaultyS3(server.endpoint)
    proxy.fail({ kind: "page", status: 403 }, { times: 1 })
    const store = s3Renditions(optionsFor(bucket, { endpoint: proxy.endpoint }))
    expect(await store.get("200x150/a.jpg")).toBeUndefined()
    expect(proxy.takeLog()).toHaveLength(2)
    await proxy.close()
  })
})

describe.skipIf(versitygw === undefined)("a multipart upload", () => {
  it("an object that was uploaded in parts is an original, with its ETag as version", async () => {
    const bucket = await bucketNamed("parts")
    await server.putObject(bucket, "empty.jpg", "")
    const store = s3Originals(optionsFor(bucket))
    expect(await store.head("empty.jpg")).toEqual({
      version: "d41d8cd98f00b204e9800998ecf8427e",
      byteLength: 0,
      isStable: true,
      modifiedMs: expect.any(Number),
    })
    const started = await (await server.ask(bucket, "big.jpg", { method: "POST", query: "uploads=" })).text()
    const id = /<UploadId>([^<]+)</.exec(started)?.[1] ?? ""
    const part = await server.ask(bucket, "big.jpg", {
      method: "PUT",
      query: `partNumber=1&uploadId=${id}`,
      body: photo,
    })
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.get("etag")}</ETag></Part></CompleteMultipartUpload>`
    await (await server.ask(bucket, "big.jpg", { method: "POST", query: `uploadId=${id}`, body })).text()
    const stat = await store.head("big.jpg")
    expect(stat?.version).toMatch(/^[0-9a-f]{32}-1$/)
    expect(await store.get("big.jpg")).toEqual({ stat, bytes: photo })
    const copy = await s3Renditions(optionsFor(bucket)).get("big.jpg")
    expect(copy && (await readBody(copy))).toEqual(photo)
  })
})

describe.skipIf(versitygw === undefined)("an original that cannot be read", () => {
  const STORED = "out/200x150/a.jpg"

  interface Shop {
    readonly bucket: string
    readonly proxy: FaultyS3
    readonly notices: readonly string[]
    readonly tailor: Tailor
  }

  /** A bucket with three originals and a stored rendition of the first, behind a proxy, for a tailor that looks each time. */
  const openShop = async (name: string): Promise<Shop> => {
    const bucket = await bucketNamed(name)
    const proxy = await startFaultyS3(server.endpoint)
    onTestFinished(() => proxy.close())
    for (const key of ["a", "b", "c"]) await server.putObject(bucket, `in/${key}.jpg`, photo)
    const notices: string[] = []
    const options = optionsFor(bucket, { endpoint: proxy.endpoint, onNotice: (text) => void notices.push(text) })
    const tailor = createTailor({
      originals: s3Originals({ ...options, prefix: "in" }),
      renditions: s3Renditions({ ...options, prefix: "out" }),
      sizes: ["200x150"],
      isolation: "none",
      limits: { cacheBytes: 0 },
    })
    expect((await get(tailor, "200x150/a.jpg")).status).toBe(200)
    await tailor.idle()
    expect(await server.keysIn(bucket)).toContain(STORED)
    return { bucket, proxy, notices, tailor }
  }

  it("isGone is true for a missing object, and false for one that exists, is forbidden, or cannot be looked up", async () => {
    const { bucket, proxy } = await openShop("gone-or-not")
    const store = s3Originals(optionsFor(bucket, { endpoint: proxy.endpoint, retries: { attempts: 1 } }))
    expect(await store.isGone?.("in/absent.jpg")).toBe(true)
    expect(await store.isGone?.("in/a.jpg")).toBe(false)
    expect(await store.isGone?.("../in/absent.jpg")).toBe(false)
    for (const fault of [
      { kind: "error", status: 403, code: "AccessDenied" },
      { kind: "error", status: 403, code: "InvalidObjectState" },
      { kind: "error", status: 404, code: "NoSuchBucket" },
      { kind: "page", status: 404 },
      { kind: "reset" },
    ] as const) {
      proxy.fail(fault)
      expect([fault, await store.isGone?.("in/absent.jpg")]).toEqual([fault, false])
    }
  })

  it("a policy that denies every original makes the store unavailable, and it recovers with the policy", async () => {
    const { bucket, proxy } = await openShop("policy")
    const store = s3Originals(optionsFor(bucket, { endpoint: proxy.endpoint, prefix: "in" }))
    for (const key of ["a.jpg", "b.jpg"]) expect(await store.head(key)).toBeDefined()
    proxy.fail({ kind: "error", status: 403, code: "AccessDenied" })
    for (const key of ["a.jpg", "never.jpg"])
      await expect(store.head(key)).rejects.toMatchObject({ code: "store-unavailable" })
    proxy.heal()
    expect(await store.head("a.jpg")).toBeDefined()
    expect(await store.head("never.jpg")).toBeUndefined()
  })

  it("an archived original keeps its stored renditions as hits; others are 404, and nothing is deleted", async () => {
    const { bucket, proxy, notices, tailor } = await openShop("archived")
    proxy.fail({ kind: "error", status: 403, code: "InvalidObjectState" }, { methods: ["GET"], urls: /\/in\// })
    expect((await get(tailor, "200x150/a.jpg")).headers.get("cache-status")).toBe("imgtailor; hit")
    expect((await get(tailor, "200x150/b.jpg")).status).toBe(404)
    await tailor.idle()
    expect(await server.keysIn(bucket)).toContain(STORED)
    expect(notices).toEqual([expect.stringContaining("archive storage class")])
  })

  it("an original that was stored with Content-Encoding: gzip is rendered", async () => {
    const bucket = await bucketNamed("compressed")
    const headers = { "content-type": "image/jpeg", "content-encoding": "gzip" }
    await server.ask(bucket, "a.jpg", { method: "PUT", body: gzipSync(photo), headers })
    const store = s3Originals(optionsFor(bucket))
    expect(await store.get("a.jpg")).toEqual({
      stat: expect.objectContaining({ byteLength: photo.length }),
      bytes: photo,
    })
    await expect(store.get("a.jpg", { maxBytes: photo.length - 1 })).rejects.toMatchObject({
      code: "original-too-large",
    })
  })
})

describe.skipIf(versitygw === undefined)("check of an S3 store", () => {
  it("check finds no problem with a bucket that can be read, listed or not", async () => {
    const bucket = await bucketNamed("usable")
    for (const endpoint of [server.endpoint, hiding.endpoint]) {
      expect(await s3Originals(optionsFor(bucket, { endpoint })).check?.()).toBeUndefined()
      expect(await s3Renditions(optionsFor(bucket, { endpoint })).check?.()).toBeUndefined()
    }
    expect(await server.keysIn(bucket)).toEqual([])
  })

  it.each([
    ["a missing bucket", { bucket: "no-such-bucket" }, "Create the bucket, or correct its name."],
    ["an unknown access key", { credentials: { accessKeyId: "nobody", secretAccessKey: "x" } }, "Check the access key"],
    ["a wrong secret", { credentials: { ...ROOT, secretAccessKey: "x" } }, "Check the secret access key"],
    ["missing credentials", { credentials: () => Promise.reject(new Error("no keys")) }, "no keys"],
  ])("check reports %s as permanent, with the remedy", async (_, more, remedy) => {
    const problem = await s3Originals(optionsFor("served-alone", more)).check?.()
    expect(problem).toMatchObject({ isPermanent: true, message: expect.stringContaining(remedy) })
    expect(problem?.message).toContain("s3://")
  })

  it("check reports a server that does not respond as not permanent", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const problem = await s3Originals(optionsFor("shop", { endpoint, retries: { attempts: 1 } })).check?.()
    expect(problem).toMatchObject({ isPermanent: false, message: expect.stringContaining("ECONNREFUSED") })
  })
})

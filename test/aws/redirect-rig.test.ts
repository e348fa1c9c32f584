/**
 * The whole redirect flow: the files of examples/aws and the zip of the function, with other programs in the places of CloudFront, S3's
 * website endpoint, API Gateway and Lambda (test/rig/redirect.ts).
 */
import { existsSync, readFileSync } from "node:fs"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { type RedirectRig, startRedirectRig } from "../rig/redirect.ts"
import { runDoctor } from "../support/doctor.ts"
import { BLUE, type Colour, colourAt, colourDistance, describe as headerOf, flat } from "../support/photos.ts"
import { findTools } from "../support/tools.ts"
import { visit } from "../support/website.ts"

const tools = findTools("nginx", "osls", "s3rver")

interface Name {
  readonly key: string
  /** Its URL path in canonical form. */
  readonly urlPath: string
  /** Other URL paths of the same key. */
  readonly sameObject?: readonly string[]
}

/** Names that a server on the way may change. */
const OWN: readonly Name[] = [
  { key: "shop 1/blue mug.jpg", urlPath: "shop%201/blue%20mug.jpg" },
  { key: "x+y.jpg", urlPath: "x%2By.jpg", sameObject: ["x%2by.jpg"] },
  { key: "x y.jpg", urlPath: "x%20y.jpg" },
  { key: "90%.jpg", urlPath: "90%25.jpg" },
  { key: "90%25.jpg", urlPath: "90%2525.jpg" },
  { key: "x%2Fy.jpg", urlPath: "x%252Fy.jpg" },
  { key: "x/y.jpg", urlPath: "x/y.jpg" },
  { key: "no. #1.jpg", urlPath: "no.%20%231.jpg" },
  { key: "really?.jpg", urlPath: "really%3F.jpg", sameObject: ["really%3f.jpg"] },
  { key: "black&white=grey.jpg", urlPath: "black%26white%3Dgrey.jpg" },
  { key: "it's (2)!*.jpg", urlPath: "it%27s%20%282%29%21%2A.jpg" },
  { key: "tür.jpg", urlPath: "t%C3%BCr.jpg", sameObject: ["t%c3%bcr.jpg"] },
  { key: "tür.jpg".normalize("NFD"), urlPath: "tu%CC%88r.jpg" },
  { key: "写真/猫.jpg", urlPath: "%E5%86%99%E7%9C%9F/%E7%8C%AB.jpg" },
  { key: "🐈.jpg", urlPath: "%F0%9F%90%88.jpg" },
  { key: "CAT.JPG", urlPath: "CAT.JPG" },
  { key: "cat.jpg", urlPath: "cat.jpg" },
  { key: "nothing behind it", urlPath: "nothing%20behind%20it" },
  { key: "480h/cat.jpg", urlPath: "480h/cat.jpg" },
  { key: "shop/info/cat.jpg", urlPath: "shop/info/cat.jpg" },
  { key: "info", urlPath: "info" },
  { key: "shop/360x270.jpg", urlPath: "shop/360x270.jpg" },
  { key: ".cat.jpg", urlPath: ".cat.jpg" },
  { key: "cat./..cat..jpg", urlPath: "cat./..cat..jpg" },
]

/** A folder beside the checkout may have more names. */
const manifest = resolve(process.env["IMGTAILOR_CORPUS"] ?? "../shared/corpus", "manifest.json")
const others: readonly Name[] = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).hostileKeys.keys : []
const NAMES = [...OWN, ...others]

/** A colour for each key, so that no photo is taken for another. */
const colourOf = (index: number): Colour => [40 + 25 * (index % 8), 40 + 25 * Math.floor(index / 8), 128]

const KEY = "produs_227613/img.AZ70KuRzw9.jpg"
const PATH = "produs_227613/360x270/img.AZ70KuRzw9.jpg"

/** The URL path of a size, for the URL path of an original. */
const withSize = (path: string, size: string): string => path.replace(/[^/]*$/, (file) => `${size}/${file}`)

describe.skipIf(tools === undefined)("the redirect flow", () => {
  let folder: string
  let http: RedirectRig
  let rest: RedirectRig

  beforeAll(async () => {
    if (!tools) return
    folder = await mkdtemp(join(tmpdir(), "imgtailor-redirect-"))
    const originals = join(folder, "originals")
    const write = async (key: string, bytes: Buffer): Promise<void> => {
      await mkdir(dirname(join(originals, key)), { recursive: true })
      await writeFile(join(originals, key), bytes)
    }
    await write(KEY, await flat({ width: 800, height: 600, colour: BLUE }))
    await write("broken.jpg", (await flat()).subarray(0, 300))
    await write("text.jpg", Buffer.from("no photo"))
    for (const [index, { key }] of NAMES.entries())
      await write(key, await flat({ width: 40, height: 30, colour: colourOf(index), format: "png" }))
    http = await startRedirectRig({ originals })
    rest = await startRedirectRig({ originals, zip: http.zip, api: "rest", missing: 403, identity: "user" })
  }, 120_000)
  afterAll(async () => {
    await Promise.all([http, rest].map((rig) => rig?.stop()))
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  it.each(["http", "rest"])(
    "with a %s API redirects the first visitor to the stored photo, and answers all others from the CDN",
    async (api) => {
      const rig = api === "http" ? http : rest
      const first = await visit(`${rig.url}/${PATH}?v=1`)
      expect([first.status, first.redirects]).toEqual([200, [`${rig.resizerUrl}?key=${PATH}`, `${rig.url}/${PATH}`]])
      expect(await headerOf(first.body)).toMatchObject({ format: "jpeg", width: 360, height: 270 })
      expect(colourDistance(await colourAt(first.body, 0.5, 0.5), BLUE)).toBeLessThan(8)
      expect(first.headers.get("x-amz-meta-cache-tag")).toMatch(/^[\w-]+$/)
      for (let repeat = 0; repeat < 20; repeat++) {
        const again = await visit(`${rig.url}/${PATH}?v=${repeat}`)
        expect([again.status, again.redirects, again.headers.get("x-cache")]).toEqual([200, [], "HIT"])
        expect(again.body.equals(first.body)).toBe(true)
      }
    },
  )

  it("finds every photo by its name, except in folders that are named like a size", async () => {
    const wrong: string[] = []
    for (const [index, { key, urlPath, sameObject = [] }] of NAMES.entries()) {
      const isHidden = /(?:^|\/)(?:360x270|480h|1280w|info)\/[^/]*$/.test(key)
      for (const path of [urlPath, ...sameObject]) {
        const { status, body } = await visit(`${http.url}/${withSize(path, "360x270")}`)
        const isRight = status === 200 && colourDistance(await colourAt(body, 0.5, 0.5), colourOf(index)) < 4
        if (isHidden ? status !== 404 : !isRight) wrong.push(`${path}: ${status} ${body.toString("latin1", 0, 80)}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it("answers errors without a redirect, and stores nothing for them", async () => {
    for (const [path, status, code] of [
      ["shop/360x270/none.jpg", 404, "original-not-found"],
      ["360x270/480h/cat.jpg", 404, "original-not-found"],
      ["shop/999x9/cat.jpg", 400, "size-not-allowed"],
      ["360x270/broken.jpg", 422, "corrupt-original"],
      ["360x270/text.jpg", 415, "unsupported-original"],
      ["cat-of-no-size.jpg", 400, "bad-url"],
      ["cat-of-no-size/", 400, "bad-url"],
    ] as const)
      for (const rig of [http, rest]) {
        const ended = await visit(`${rig.url}/${path}`)
        expect([path, ended.status, ended.redirects.length]).toEqual([path, status, 1])
        expect(ended.body.toString()).toContain(code)
        expect((await rig.get(path)).status, `the bucket has ${path}`).toBe(404)
      }
  })

  it("gives the same answers through both kinds of API", async () => {
    const request = async ({ resizerUrl, url }: RedirectRig, query: string): Promise<object> => {
      const answer = await fetch(`${resizerUrl}${query}`, { redirect: "manual" })
      const headers = Object.fromEntries(answer.headers)
      for (const name of ["date", "connection", "keep-alive", "last-modified"]) delete headers[name]
      const location = headers["location"]?.replace(url, "")
      return { status: answer.status, headers: { ...headers, location }, body: await answer.text() }
    }
    for (const [query, status] of [
      [`?key=${withSize(KEY, "1280w")}`, 301],
      [`?key=${withSize(KEY, "info")}.json`, 301],
      [`?key=${withSize(KEY, "480h")}.webp`, 301],
      // It is stored now, and answered with its bytes.
      [`?key=${withSize(KEY, "480h")}.webp`, 200],
      ["?key=480h/none.jpg", 404],
      ["?key=500h/none.jpg", 400],
      ["?key=480h/text.jpg", 415],
      ["?key=480h/black&white=grey.jpg", 400],
      ["?key=480h/..%2Fcat.jpg", 400],
      ["?key=", 404],
      ["?size=480h", 400],
      ["", 400],
    ] as const) {
      const byHttp = await request(http, query)
      expect({ query, ...byHttp }).toMatchObject({ query, status })
      expect({ query, ...(await request(rest, query)) }).toEqual({ query, ...byHttp })
    }
  })

  it.each(["http", "rest"])(
    "reads a plus in a key from a %s API as a plus if such a photo exists, else as a space",
    async (api) => {
      const { resizerUrl, url } = api === "http" ? http : rest
      const targetOf = async (key: string): Promise<string | null> =>
        (await fetch(`${resizerUrl}?key=${key}`, { redirect: "manual" })).headers.get("location")
      expect(await targetOf("shop+1/480h/blue+mug.jpg")).toBe(`${url}/shop%201/480h/blue%20mug.jpg`)
      // A REST API decodes both to a space, and both photos exist.
      expect(await targetOf("480h/x+y.jpg")).toBe(`${url}/480h/x${api === "http" ? "%2B" : "%20"}y.jpg`)
    },
  )

  it("refuses a key that ends at an ampersand", async () => {
    const answer = await fetch(`${http.resizerUrl}?key=480h/black&white=grey.jpg`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain("%26")
  })

  it("loops through the function, with a warning in its log, if the CDN caches redirects", async () => {
    const naive = await rest.addCdn(86_400)
    const address = `${withSize(KEY, "360x270")}.webp`
    const warning = "a CDN that caches redirects"
    const before = rest.log().split(warning).length
    for (let repeat = 0; repeat < 3; repeat++) {
      const { status, redirects } = await visit(`${naive}/${address}`)
      // The CDN never requests the stored photo.
      expect([status, redirects.length > 0]).toEqual([200, true])
      expect((await rest.get(address)).status).toBe(200)
    }
    expect(rest.log().split(warning).length).toBeGreaterThan(before)
  })

  it("passes every check of doctor but those of changed photos, which are warnings without events", async () => {
    const { url, bucketUrl, accessKey } = http
    const { origin, pathname } = new URL(bucketUrl)
    const { code, problems, ok } = await runDoctor(
      [url, "--upload", `s3:/${pathname}`, "--s3-endpoint", origin, "--s3-region", "us-east-1", "--within", "0"],
      { cwd: folder, env: { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: accessKey } },
    )
    expect([code, problems]).toEqual([
      0,
      [expect.stringMatching(/^replaced-photo: warning/), expect.stringMatching(/^removed-photo: warning/)],
    ])
    for (const name of ["miss-then-hit", "hostile-urls", "cors", "nosniff", "cache-tag", "originals-private"])
      expect(ok).toContain(name)
  })

  it("leaves no process when it stops", async () => {
    const pids = await rest.processes()
    expect(pids.length).toBeGreaterThan(2)
    await rest.stop()
    const isAlive = (pid: number): boolean => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    }
    expect(pids.filter(isAlive)).toEqual([])
  })
})

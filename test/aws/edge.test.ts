/**
 * Tests of the edge function: it answers as the server does, in each engine (TypeScript; the built source with only the features that
 * CloudFront documents; nginx's JavaScript), and CloudFront accepts its source.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { createContext, runInContext } from "node:vm"

import { beforeAll, describe, expect, it } from "vitest"

import { writeList } from "../../src/aws/edge/edge-list.ts"
import { type EdgeRequest, type EdgeResponse, handleRequest } from "../../src/aws/edge/handler.ts"
import { snapSize } from "../../src/aws/edge/snap-size.ts"
import { edgeResponseSource, edgeSource } from "../../src/aws/edge/source.ts"
import type { TailorConfig, TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { originalNotFound } from "../../src/errors.ts"
import { createHandle } from "../../src/http/handle.ts"
import { COMMON_HEADERS } from "../../src/http/headers.ts"
import { isRoot } from "../../src/http/root.ts"
import { encodeKey, type Grammar, type Parsed } from "../../src/sizes/key.ts"
import type { Core } from "../../src/tailor/tailor.ts"
import { launch, runCommand } from "../support/command.ts"
import { edgeRequests } from "../support/edge-requests.ts"
import { temporaryFolder } from "../support/folders.ts"
import { getFrom, findNginx, waitUntilUp, wholeConfig } from "../support/nginx.ts"
import { edgeModule, loadNjs } from "../support/njs-edge.ts"

type Result = EdgeRequest | EdgeResponse

interface Installation {
  readonly grammar: Grammar
  readonly basePath: string
  readonly unknownSize: TailorConfig["unknownSize"]
  readonly source: string
  readonly requests: readonly EdgeRequest[]
  /** The results of the TypeScript code. */
  readonly results: readonly Result[]
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const configOf = (options: Partial<TailorOptions>): ReturnType<typeof resolveConfig> =>
  resolveConfig(
    { originals: "s3://originals", renditions: "s3://renditions", s3Region: "us-east-1", sizes: [], ...options },
    { directory: "/", threads: 4 },
  )

const install = async (options: Partial<TailorOptions>): Promise<Installation> => {
  const config = configOf(options)
  const { basePath, unknownSize } = config
  const grammar = { ...config.grammar, basePath, maxBytes: { segment: 1024, key: 1024 } }
  const requests = edgeRequests(grammar, basePath, 3000)
  const list = writeList(grammar, basePath)
  const snap = unknownSize === "snap" ? snapSize : undefined
  const results = requests.map((request) => handleRequest(copy(request), list, snap))
  return { grammar, basePath, unknownSize, source: await edgeSource(config), requests, results }
}

const NAMED = [{ size: "120x120", name: "thumb", gravity: "north", quality: 70 }] as const
const OPTIONED = [
  { size: "1200x630", name: "social", aliases: ["share", "600x315"], format: "jpeg", blur: 2 },
  { size: "600x600", name: "card", aliases: ["cards"], fit: "contain", formats: ["webp", "png"] },
  { size: "24w", name: "blurred", blur: 4, formats: [] },
  { size: "700w", name: "moving", format: "webp", grayscale: true },
] as const
const OPTIONS: readonly Partial<TailorOptions>[] = [
  { sizes: ["360x270", "480h", "1280w"] },
  {
    sizes: ["360x270", "1280w", ...NAMED],
    formats: ["webp", "gif"],
    retired: { sizes: ["100w", "old-name"], formats: ["avif"] },
    sharedStore: true,
    basePath: "/img",
  },
  { sizes: ["700w", "150x150"], formats: [], basePath: "/a/b.c" },
  { sizes: ["360x270", "480h", "1280w", ...NAMED], unknownSize: "snap" },
  {
    sizes: ["320w", "1280w", "360x270", "720x540", { size: "720x540", name: "sky", gravity: "north" }, "90x270"],
    formats: ["webp"],
    retired: { sizes: ["700w", "old-name"], formats: ["avif"] },
    sharedStore: true,
    basePath: "/img",
    unknownSize: "snap",
  },
  {
    sizes: ["360x270", "1280w", ...OPTIONED],
    formats: ["avif", "webp"],
    retired: { sizes: ["old-name"], formats: [] },
    sharedStore: true,
    unknownSize: "snap",
  },
]

let installations: readonly Installation[]
beforeAll(async () => {
  installations = await Promise.all(OPTIONS.map(install))
})

/** The first few requests with different results. */
const differences = (
  { requests, results }: Installation,
  others: readonly unknown[],
): readonly { readonly request: EdgeRequest; readonly expected: unknown; readonly got: unknown }[] =>
  requests
    .map((request, at) => ({ request, expected: copy(results[at]), got: others[at] }))
    .filter(({ expected, got }) => !isDeepStrictEqual(expected, got))
    .slice(0, 3)

/** The server up to the key that it would look up: its response, or the request that an origin would get. Handles one request at a time. */
const createServer = ({
  grammar,
  basePath,
  unknownSize,
}: Installation): ((request: EdgeRequest) => Promise<unknown>) => {
  let wanted: string | undefined
  const answer = async ({ key }: Parsed): Promise<never> => {
    wanted = key
    throw originalNotFound("")
  }
  const core = { grammar, answer, findHit: () => undefined } as unknown as Core
  const handle = createHandle(core, {
    basePath,
    unknownSize,
    cacheControl: "",
    health: { report: () => ({}) } as never,
  })
  return async (request) => {
    wanted = undefined
    const { accept } = request.headers
    const sent = accept?.multiValue?.map(({ value }) => value).join(", ") ?? accept?.value
    const { status, headers, body } = await handle({
      method: request.method,
      target: `${request.uri}?v=1`,
      header: (name) => (name === "accept" ? sent : undefined),
    })
    const forwarded = (uri: string): unknown => ({ ...request, uri, querystring: {}, cookies: {} })
    if (wanted !== undefined) return forwarded(`/${encodeKey(wanted)}`)
    if (status === 200) return forwarded(request.uri === `${basePath}/imgtailor.json` ? "/imgtailor.json" : request.uri)
    const { "content-length": length, ...rest } = headers
    const text = body === undefined ? undefined : Buffer.from(body as Uint8Array).toString()
    if (text !== undefined) expect(length).toBe(String(Buffer.byteLength(text)))
    return {
      statusCode: status,
      headers: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, { value }])),
      ...(text !== undefined && { body: text }),
    }
  }
}

/** A list of unnamed sizes. */
const listOf = (length: number): readonly string[] => Array.from({ length }, (_, at) => `${1000 + at}x${1000 + at}`)

/** A list of sizes with names, each as long as `product-card`. */
const namedSizes = (length: number): TailorOptions["sizes"] =>
  Array.from({ length }, (_, at) => ({
    size: `${1000 + at}x${700 + at}`,
    name: `photo-card-${String(at).padStart(2, "0")}`,
  }))

describe("the edge function", () => {
  it("is tested with requests of every kind", () => {
    const all = installations.flatMap(({ results }) => results)
    expect(all.length).toBeGreaterThan(10_000)
    const count = (isSo: (result: Result) => boolean): number => all.filter(isSo).length
    expect(count((result) => "uri" in result)).toBeGreaterThan(3000)
    expect(count((result) => "uri" in result && /\.(?:webp|avif)$/.test(result.uri))).toBeGreaterThan(500)
    for (const { basePath, requests, results } of installations) {
      const lists = results.filter((_, at) => requests[at]?.uri === `${basePath}/imgtailor.json`)
      expect(lists.filter((result) => "uri" in result && result.uri === "/imgtailor.json").length).toBeGreaterThan(3)
    }
    for (const [status, least] of [
      [204, 50],
      [400, 3000],
      [404, 50],
      [405, 300],
    ] as const)
      expect(count((result) => "statusCode" in result && result.statusCode === status)).toBeGreaterThan(least)
    const bodies = all.map((result) => ("body" in result ? result.body : "")).join("")
    const reasons =
      'malformed escape|control character|escaped slash|empty segment|segment ".."|too long|no size|not on the list|is retired|The nearest is|A rendition cannot be an original|ends in .json|Expected a URL path under|starts with a slash|about:blank|…'
    expect(reasons.split("|").filter((reason) => !bodies.includes(reason))).toEqual([])
  })

  it("the edge function answers as the server does, and forwards the path of the key that the server looks up", async () => {
    for (const installation of installations) {
      const ask = createServer(installation)
      const answers: unknown[] = []
      for (const request of installation.requests) answers.push(await ask(request))
      // At the root the server explains URLs with an original that exists, which the edge cannot know.
      const found = differences(installation, answers)
      expect(found.filter(({ request }) => !isRoot(request.uri, installation.basePath))).toEqual([])
    }
  })

  it("the edge function snaps to listed sizes only, and only if unknownSize is snap", () => {
    for (const { grammar, unknownSize, requests, results } of installations) {
      const names = new Set(["info", ...grammar.sizes.map(({ name }) => name)])
      let snapped = 0
      for (const [at, result] of results.entries()) {
        const size = "uri" in result ? result.uri.split("/").at(-2) : undefined
        // A path without a size is not that of a rendition.
        if (!size) continue
        expect(names).toContain(size)
        const requested = decodeURIComponent(requests[at]?.uri.split("/").at(-2) ?? "")
        if (requested !== size) snapped += 1
        expect(grammar.retired.sizes).not.toContain(requested)
      }
      expect(Math.min(snapped, 100)).toBe(unknownSize === "snap" ? 100 : 0)
    }
  })

  it("the edge function forwards one spelling of a path, without query and cookies", () => {
    for (const { results } of installations) {
      for (const result of results) {
        if (!("uri" in result) || result.uri === "/healthz") continue
        expect([result.uri, result.querystring, result.cookies]).toEqual([
          `/${encodeKey(decodeURIComponent(result.uri.slice(1)))}`,
          {},
          {},
        ])
        expect(result.headers["host"]).toEqual({ value: "photos.example" })
      }
    }
  })
})

/** The built-in objects that CloudFront documents for runtime 2.0, as far as other engines have them too. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  globalThis:
    "Object Function Array String Number Boolean Symbol Math JSON RegExp Date Promise Error EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis undefined NaN Infinity decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat parseInt",
  Object:
    "prototype length name create defineProperties defineProperty freeze getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames getPrototypeOf isExtensible isFrozen isSealed keys preventExtensions seal assign entries values",
  "Object.prototype": "constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toString valueOf __proto__",
  String: "prototype length name fromCharCode fromCodePoint",
  "String.prototype":
    "constructor length charAt charCodeAt concat indexOf lastIndexOf match replace search slice split substr substring toLowerCase trim toUpperCase codePointAt endsWith includes repeat startsWith padStart padEnd trimStart trimEnd replaceAll toString valueOf",
  Array: "prototype length name isArray of",
  "Array.prototype":
    "constructor length concat every filter forEach indexOf join lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice unshift copyWithin fill find findIndex includes toString",
  "RegExp.prototype": "constructor global ignoreCase multiline source sticky flags exec test toString",
  Math: "E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 floor fround hypot imul log log1p log2 log10 max min pow random round sign sinh sin sqrt tan tanh trunc",
}

/** Runs a source in a context without any undocumented method, iteration, or code from strings. */
const runBare = (source: string, expression: string): unknown => {
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } })
  runInContext(
    `{
      const documented = ${JSON.stringify(DOCUMENTED)}
      const kept = [Symbol.replace, Symbol.search, Symbol.split]
      const { deleteProperty } = Reflect
      const undocumented = Object.entries(documented).flatMap(([path, names]) => {
        const holder = path.split(".").reduce((value, name) => value[name], globalThis)
        const known = [...names.split(" "), ...kept]
        return Reflect.ownKeys(holder).filter((key) => !known.includes(key)).map((key) => ({ holder, key }))
      })
      for (let at = 0; at < undocumented.length; at++) deleteProperty(undocumented[at].holder, undocumented[at].key)
    }`,
    context,
  )
  runInContext(`"use strict";${source}`, context)
  return JSON.parse(String(runInContext(expression, context)))
}

const eventsOf = (requests: readonly EdgeRequest[]): string => JSON.stringify(requests.map((request) => ({ request })))

describe("the source of the edge function", () => {
  it("the source gives the same results with only the features that CloudFront documents", () => {
    for (const installation of installations) {
      const events = JSON.stringify(eventsOf(installation.requests))
      const results = runBare(
        installation.source,
        `JSON.stringify(JSON.parse(${events}).map(function (event) { return handler(event) }))`,
      )
      expect(differences(installation, results as readonly unknown[])).toEqual([])
    }
  })

  it("the context for the source lacks undocumented features", () => {
    const fails = (source: string): string => {
      try {
        return JSON.stringify(runBare("", source))
      } catch (error) {
        return (error as Error).name
      }
    }
    const refused =
      "eval('1')|new Function('return 1')()|[1].at(-1)|new Map()|for (const c of 'ab') c|const [a] = [1]|setTimeout(() => {}, 1)|fetch('/')|require('fs')|Object.hasOwn({}, 'a')|Object.fromEntries([])"
    for (const source of refused.split("|")) expect(`${source}: ${fails(source)}`).toMatch(/Error$/)
    expect(fails("JSON.stringify([1, 2].map((n) => n + 1))")).toBe("[2,3]")
  })

  it("the source gives the same results in nginx's JavaScript, where it also answers and forwards requests", async (context) => {
    const path = findNginx(context)
    const load = loadNjs(path) ?? context.skip("nginx has no njs")
    const folder = await temporaryFolder()
    const socketPath = join(folder, "nginx.sock")
    const locations = await Promise.all(
      installations.map(async ({ source }, at) => {
        await mkdir(join(folder, "js"), { recursive: true })
        await writeFile(join(folder, "js", `edge${at}.js`), edgeModule(source))
        return {
          load: `js_import edge${at} from edge${at}.js;`,
          location: `location = /batch${at} { js_content edge${at}.batch; }`,
        }
      }),
    )
    const http = `
      js_path ${folder}/js;
      js_var $edge_uri;
      ${locations.map((each) => each.load).join("\n")}
      client_max_body_size 32m;
      client_body_buffer_size 32m;
      server {
        listen unix:${socketPath};
        ${locations.map((each) => each.location).join("\n")}
        location / { js_content edge0.viewerRequest; }
        location @origin { return 200 $edge_uri; }
      }`
    await writeFile(join(folder, "nginx.conf"), `${load}\n${wholeConfig(folder, http)}`)
    const server = launch(path, ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder })
    const ask = getFrom({ socketPath })
    await waitUntilUp(ask, server)

    for (const [at, installation] of installations.entries()) {
      const { status, body } = await ask(`/batch${at}`, { method: "POST", body: eventsOf(installation.requests) })
      expect([status, server.stderr().match(/error.*/g)]).toEqual([200, null])
      expect(differences(installation, JSON.parse(body.toString()) as readonly unknown[])).toEqual([])
    }

    const replyTo = async (...sent: Parameters<typeof ask>): Promise<unknown> => {
      const reply = await ask(...sent)
      return [reply.status, reply.body.toString()]
    }
    const accept = ["image/webp", "image/avif;q=0.5"]
    expect(await replyTo("/shop/480h/a%20b+c.jpg?x=1", { headers: { accept } })).toEqual([
      200,
      "/shop/480h/a%20b%2Bc.jpg.webp",
    ])
    expect(await replyTo("/healthz")).toEqual([200, "/healthz"])
    expect(await replyTo("/imgtailor.json?v=1")).toEqual([200, "/imgtailor.json"])
    const refused = await ask("/shop/481h/a.jpg")
    expect([refused.status, refused.headers["cache-control"], refused.headers["content-length"]]).toEqual([
      400,
      "public, max-age=60",
      String(refused.body.length),
    ])
    expect(refused.body.toString()).toContain("The nearest is 480h.")
    expect(await replyTo("/shop/481h/a.jpg", { method: "HEAD" })).toEqual([400, ""])
    expect(await replyTo("/shop/480h/a.jpg", { method: "OPTIONS" })).toEqual([204, ""])
  })

  it("the source is small enough for CloudFront, and a list that makes it too large is an error", async () => {
    const byteLength = async (options: Partial<TailorOptions>): Promise<number> =>
      Buffer.byteLength(await edgeSource(configOf(options)))
    expect(await byteLength({ sizes: ["360x270", "480h", "1280w"] })).toBeLessThanOrEqual(10_240)
    await expect(edgeSource(configOf({ sizes: listOf(400), unknownSize: "snap" }))).rejects.toThrow(
      /about \d\d of the 400 sizes fit\. .* or leave unknownSize at reject\.$/,
    )
    // The code for snapping is only in the source that needs it.
    expect(await byteLength({ sizes: ["1w"] })).toBeLessThan(
      (await byteLength({ sizes: ["1w"], unknownSize: "snap" })) - 500,
    )
    const tooLong = edgeSource(configOf({ sizes: listOf(500) }))
    await expect(tooLong).rejects.toMatchObject({ code: "bad-config" })
    await expect(tooLong).rejects.toThrow(
      /sizes: Expected .* at most 10240 bytes, got 1\d{4}: about \d\d+ of the 500 sizes fit. List fewer sizes/,
    )
  })

  it.each(["reject", "snap"] as const)(
    "the source with unknownSize %s has room for 40 named sizes and more",
    async (unknownSize) => {
      const fits = (count: number): Promise<boolean> =>
        edgeSource(
          configOf({ sizes: namedSizes(count), unknownSize, retired: { sizes: ["100w", "200w"] }, basePath: "/img" }),
        ).then(
          () => true,
          () => false,
        )
      let count = 0
      while (await fits(count + 1)) count += 1
      expect(count).toBeGreaterThanOrEqual(40)
    },
  )

  it("the source uses nothing that CloudFront forbids, and declares a function handler", async () => {
    for (const source of [...installations.map((each) => each.source), edgeResponseSource()]) {
      expect(source).not.toMatch(
        /\b(?:eval|Function|import|export|require|setTimeout|setImmediate|XMLHttpRequest|fetch)\b/,
      )
      expect(source).toMatch(/function handler\(\w+\)\s*\{/)
    }
  })
})

describe("the edge function for responses", () => {
  it("the function for responses adds the headers that the server sends with an image", () => {
    const event = { response: { statusCode: 200, headers: { etag: { value: '"1"' }, vary: { value: "Origin" } } } }
    const result = runBare(edgeResponseSource(), `JSON.stringify(handler(${JSON.stringify(event)}))`)
    const expected = { etag: '"1"', ...COMMON_HEADERS, vary: "Accept" }
    expect(result).toEqual({
      statusCode: 200,
      headers: Object.fromEntries(Object.entries(expected).map(([name, value]) => [name, { value }])),
    })
  })
})

describe("imgtailor edge", () => {
  it("the edge command prints the source", async () => {
    const cwd = await temporaryFolder()
    const args = ["edge", "--sizes", "360x270,480h", "--retired-sizes", "100w", "--base-path", "/img"]
    const options = { sizes: ["360x270", "480h"], retired: { sizes: ["100w"] }, basePath: "/img" }
    expect(await runCommand(args, { cwd })).toEqual({
      code: 0,
      stdout: await edgeSource(configOf(options)),
      stderr: "",
    })
    expect((await runCommand(["edge", "--response"], { cwd })).stdout).toBe(edgeResponseSource())
  })

  it("the edge command accepts a configuration for another machine, and reports mistakes in the list", async () => {
    const cwd = await temporaryFolder()
    const settings = { originals: "./not-here", watch: true, sizes: ["360x270", NAMED[0]] }
    await writeFile(join(cwd, "imgtailor.config.json"), JSON.stringify(settings))
    const { code, stdout } = await runCommand(["edge"], { cwd })
    expect([code, stdout]).toEqual([0, await edgeSource(configOf({ sizes: ["360x270", ...NAMED] }))])
    const long = await runCommand(["edge", "--sizes", listOf(500).join(",")], { cwd })
    expect([long.code, long.stdout]).toEqual([2, ""])
    expect(long.stderr).toContain("List fewer sizes")
  })
})

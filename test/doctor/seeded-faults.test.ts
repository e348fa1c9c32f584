/**
 * Seeded faults: each is found by the check that is named beside it, and a machine, a server and buckets without faults pass. Ids are
 * those of two reviews: A1 of faults in operation, aws-1 of the flow on AWS.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, request as send } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buffer } from "node:stream/consumers"

import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { createTailor, openTailor } from "../../src/create-tailor.ts"
import type { CheckResult } from "../../src/doctor/check.ts"
import { LOCAL_CHECKS, REMOTE_CHECKS } from "../../src/doctor/checks.ts"
import { type LocalContext, localContext } from "../../src/doctor/local-context.ts"
import { remoteContext, type RemoteOptions } from "../../src/doctor/remote-context.ts"
import { runChecks } from "../../src/doctor/run-checks.ts"
import { type System, thisSystem } from "../../src/doctor/system.ts"
import { openUploads } from "../../src/doctor/uploads.ts"
import { nginxText } from "../../src/nginx/server-block.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { type Fault, type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const SIZES = ["40x30", "80x60", "100w", "2000w"]

const namesOf = (results: readonly CheckResult[], ...states: readonly CheckResult["state"][]): readonly string[] =>
  results.filter(({ state }) => states.includes(state)).map(({ name }) => name)

/** A response between the server and doctor, and how a fault changes it. */
interface Passed {
  readonly method: string
  readonly path: string
  readonly accept: string
  readonly range: string
  status: number
  headers: Record<string, string | readonly string[] | undefined>
  body: Buffer
}

type Change = (passed: Passed) => void

const isImage = ({ headers, status }: Passed): boolean =>
  status === 200 && String(headers["content-type"]).startsWith("image")
const setHeader =
  (name: string, value: string | undefined, when: (passed: Passed) => boolean = isImage): Change =>
  (passed) => {
    if (!when(passed)) return
    if (value === undefined) delete passed.headers[name]
    else passed.headers[name] = value
  }
const setStatus =
  (from: (passed: Passed) => boolean, status: number): Change =>
  (passed) => {
    if (from(passed)) passed.status = status
  }

/** Forwards requests to a server, and changes the responses. */
const startProxy = async (target: number, respond: Change): Promise<string> => {
  const proxy = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming
    const forwarded = send({ host: "127.0.0.1", port: target, method, path, headers, agent: false })
    forwarded.once("error", () => outgoing.destroy())
    forwarded.once("response", (response) => {
      void buffer(response).then((body) => {
        const passed: Passed = {
          method: incoming.method ?? "GET",
          path: incoming.url ?? "/",
          accept: incoming.headers.accept ?? "",
          range: incoming.headers.range ?? "",
          status: response.statusCode ?? 0,
          headers: { ...response.headers },
          body,
        }
        respond(passed)
        if (passed.method !== "HEAD" && passed.status !== 304)
          passed.headers["content-length"] = String(passed.body.length)
        outgoing
          .writeHead(passed.status, passed.headers as Record<string, string>)
          .end(passed.method === "HEAD" ? undefined : passed.body)
      })
    })
    forwarded.end()
  })
  await new Promise<void>((done) => proxy.listen(0, "127.0.0.1", done))
  onTestFinished(() => void proxy.close())
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

interface ServerFault {
  readonly remote?: RemoteOptions
  /** Checks to make. @default all but those that wait for changes, and the long one */
  readonly only?: readonly string[] | undefined
}

/** These wait for files to settle, or render long responses. */
const SLOW = new Set(["replaced-photo", "removed-photo", "large-response"])

let photos: string
let port: number
let close: () => Promise<unknown>

/** Checks the server through a proxy with a fault. */
const examineServer = async (
  respond: Change,
  { remote = {}, only }: ServerFault = {},
): Promise<readonly CheckResult[]> => {
  const url = await startProxy(port, respond)
  const uploads = openUploads(photos, {})
  const context = remoteContext(new URL(url), { uploads, withinSeconds: 1, ...remote })
  try {
    const checks = REMOTE_CHECKS.filter(({ name }) => only?.includes(name) ?? !SLOW.has(name))
    return await runChecks(checks, context)
  } finally {
    await uploads.close()
  }
}

/** Replaced by the URL of the server itself. */
const PUBLIC = "public"

const cached = new Map<string, Passed>()
/** A cache in front that ignores `Accept`, or changes of photos. */
const cache =
  (isCached: (passed: Passed) => boolean): Change =>
  (passed) => {
    if (passed.method !== "GET" || passed.range !== "") return
    const known = cached.get(passed.path)
    if (known) Object.assign(passed, { status: known.status, headers: { ...known.headers }, body: known.body })
    else if (isCached(passed)) cached.set(passed.path, { ...passed })
  }

type RemoteFault = readonly [id: string, fault: string, check: string, change: Change, options?: ServerFault]

const REMOTE_FAULTS: readonly RemoteFault[] = [
  [
    "S1",
    "the bucket's 403 for a missing photo reaches visitors",
    "missing-original",
    setStatus(({ status }) => status === 404, 403),
  ],
  [
    "",
    "errors are cached for a day",
    "error-lifetimes",
    setHeader("cache-control", "max-age=86400", ({ status }) => status === 404),
  ],
  ["aws-5", "the CDN decodes names", "escaped-name", setStatus(({ path }) => path.includes("%20"), 403)],
  ["aws-6", "HEAD is refused", "head", setStatus(({ method }) => method === "HEAD", 403)],
  [
    "aws-13",
    "the originals are public",
    "originals-private",
    setStatus(({ path }) => /imgtailor-doctor-\w+\/photo\.jpg$/.test(path), 200),
  ],
  ["aws-8", "the cache tag is dropped", "cache-tag", setHeader("x-amz-cf-id", "1")],
  [
    "R21",
    "a block for static files answers for listed sizes",
    "miss-then-hit",
    setStatus(({ path }) => path.endsWith("/40x30/photo.jpg"), 404),
  ],
  ["H2", "DELETE is answered", "methods", setStatus(({ method }) => method === "DELETE", 200)],
  ["Y6", "long paths cause an error of the server", "hostile-urls", setStatus(({ path }) => path.length > 2000, 500)],
  [
    "",
    "any size is answered",
    "unlisted-size",
    (passed) => void (/\/\d+x2\d\d\//.test(passed.path) && (passed.status = 200)),
  ],
  [
    "",
    "one client's format is sent to all",
    "accept",
    cache(({ path, headers }) => path.endsWith("/40x30/photo.jpg") && headers["content-type"] === "image/avif"),
  ],
  ["", "Vary is dropped", "accept", setHeader("vary", undefined)],
  ["", "Vary is replaced by that of compression", "accept", setHeader("vary", "Accept-Encoding")],
  ["", "the ETag is dropped", "not-modified", setHeader("etag", undefined)],
  ["", "a part is another part", "range", (passed) => void (passed.status === 206 && (passed.body = Buffer.alloc(10)))],
  ["", "Cache-Control is dropped", "cache-life", setHeader("cache-control", undefined)],
  ["", "CORS is dropped", "cors", setHeader("access-control-allow-origin", undefined)],
  ["", "nosniff is dropped", "nosniff", setHeader("x-content-type-options", undefined)],
  ["", "queries are refused", "query", setStatus(({ path }) => path.includes("?v="), 404)],
  ["", "descriptions are not forwarded", "info", setStatus(({ path }) => path.includes("/info/"), 404)],
  ["", "the list is not forwarded", "published-list", setStatus(({ path }) => path === "/imgtailor.json", 404)],
  ["", "the server has another list", "list-version", () => {}, { remote: { expectedVersion: "other" } }],
  ["", "the function is public", "function-url", () => {}, { remote: { functionUrl: PUBLIC } }],
  [
    "",
    "the original is sent instead of a rendition",
    "dimensions",
    (passed) => void (isImage(passed) && passed.accept === "image/jpeg" && (passed.body = LARGE_JPEG)),
  ],
  [
    "",
    "long responses fail",
    "large-response",
    setStatus(({ body }) => body.length > 6_000_000, 502),
    { only: ["large-response"] },
  ],
  [
    "aws-1",
    "a replaced photo stays in the cache",
    "replaced-photo",
    cache(({ status }) => status === 200),
    { only: ["replaced-photo"] },
  ],
  [
    "aws-1",
    "a deleted photo stays in the cache",
    "removed-photo",
    cache(({ status }) => status === 200),
    { only: ["removed-photo"] },
  ],
]

let LARGE_JPEG: Buffer

describe("seeded faults of a server", () => {
  beforeAll(async () => {
    LARGE_JPEG = await flat({ width: 3000, height: 300 })
    photos = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
    const renditions = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
    const tailor = createTailor({ originals: photos, renditions, sizes: SIZES, isolation: "none" })
    const server = createNodeServer(tailor)
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    port = (server.address() as AddressInfo).port
    close = async () => {
      await closeServer(server, 1000)
      for (const folder of [photos, renditions]) await rm(folder, { recursive: true, force: true })
    }
  })
  afterAll(() => close())

  it("doctor finds no fault of a server where there is none", async () => {
    expect(namesOf(await examineServer(() => {}), "failure", "warning")).toEqual([])
  })

  it("doctor accepts a CDN that answers an unlisted size with a listed one, without naming it", async () => {
    let listed: Passed | undefined
    const snapping: Change = (passed) => {
      if (passed.path.endsWith("/80x60/photo.jpg")) listed = { ...passed }
      if (!/\/\d+x2\d\d\//.test(passed.path)) return
      const { status, headers, body } = listed ?? passed
      const { "content-location": _, ...others } = headers
      Object.assign(passed, { status, headers: others, body })
    }
    const url = await startProxy(port, snapping)
    const uploads = openUploads(photos, {})
    onTestFinished(() => uploads.close())
    const context = remoteContext(new URL(url), { uploads })
    const photo = await context.photo()
    await context.ask(context.pathOf(photo?.original ?? "", "80x60"))
    const checks = REMOTE_CHECKS.filter(({ name }) => name === "unlisted-size")
    expect(namesOf(await runChecks(checks, context), "ok")).toEqual(["unlisted-size"])
  })

  const faults = REMOTE_FAULTS.map(([id, text, check, change, options = {}]) => ({ id, text, check, change, options }))
  it.each(faults)(
    "doctor finds a seeded fault of a server: $id $text, by $check",
    async ({ check, change, options }) => {
      const { remote = {}, only } = options
      cached.clear()
      const functionUrl = remote.functionUrl === PUBLIC ? `http://127.0.0.1:${port}` : remote.functionUrl
      const results = await examineServer(change, { only, remote: { ...remote, functionUrl } })
      expect(namesOf(results, "failure")).toContain(check)
    },
    60_000,
  )
})

interface LocalFault {
  readonly options?: Partial<TailorOptions>
  readonly system?: Partial<System>
  readonly nginx?: (text: string, folder: string) => string
  readonly prepare?: (folder: string) => Promise<unknown>
}

const WATCHED = { watch: true } as const

const examineMachine = async ({
  options = {},
  system = {},
  nginx,
  prepare,
}: LocalFault): Promise<readonly CheckResult[]> => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, "photos", "shop"), { recursive: true })
  await writeFile(join(folder, "photos", "shop", "a.jpg"), await flat({ width: 300, height: 200 }))
  await prepare?.(folder)
  const all = { originals: "photos", renditions: "made", sizes: ["40x30", "80x60", "100w"], ...options }
  const config = resolveConfig(all, environment(folder))
  const tailor = openTailor({ ...config, isolation: options.isolation ?? "none" })
  const place = { renditions: join(folder, "made"), upstream: "127.0.0.1:3000", listen: "80", serverName: "x" }
  const text = nginx?.(nginxText({ ...config, ...place }), folder)
  const context: LocalContext = localContext(tailor, { ...thisSystem({}), ...system }, { nginxText: text })
  try {
    // Rendering each format is slow, and the fault of no other check.
    return await runChecks(
      LOCAL_CHECKS.filter(({ name }) => name !== "renders"),
      context,
    )
  } finally {
    await tailor.close()
  }
}

/** With `isolation: "none"`, which is faster here. */
const EXPECTED_WARNINGS = ["threads", "isolation"]

const LITTLE = { bytes: 5_000_000, files: 1000, share: 0.001 }

const LOCAL_FAULTS: readonly (readonly [id: string, fault: string, check: string, fault: LocalFault])[] = [
  [
    "A1",
    "the folder of the originals is empty",
    "originals-found",
    { prepare: (folder) => rm(join(folder, "photos/shop"), { recursive: true }) },
  ],
  [
    "B3",
    "the folder of the renditions is a file",
    "renditions-writable",
    { prepare: (folder) => writeFile(join(folder, "made"), "") },
  ],
  ["L1", "there are fewer watches than folders", "file-watches", { options: WATCHED, system: { maxWatches: () => 1 } }],
  ["L3", "the limit of open files is 64", "descriptors", { system: { maxDescriptors: () => 64 } }],
  ["I4", "the limits exceed the memory", "memory", { system: { memoryBytes: () => 100_000_000 } }],
  [
    "",
    "the processor is too old",
    "processor",
    { system: { platform: "linux", arch: "x64", processorFlags: () => new Set(["sse2"]) } },
  ],
  ["", "the disk is nearly full", "free-space", { system: { freeSpaceAt: async () => LITTLE } }],
  [
    "",
    "two sizes are the same picture",
    "list-duplicates",
    { options: { sizes: ["40x30", "80x60", "100w", { size: "100w", name: "wide" }] } },
  ],
  [
    "R2",
    "nginx has the list of yesterday",
    "nginx-list",
    { options: WATCHED, nginx: (text) => text.replaceAll("100w", "90w") },
  ],
  [
    "",
    "nginx serves another folder",
    "nginx-root",
    { options: WATCHED, nginx: (text) => text.replace("/made/files", "/other/files") },
  ],
  [
    "",
    "nginx serves the originals",
    "nginx-root",
    { options: WATCHED, nginx: (text, folder) => text.replace(/root .*;/, `root ${folder}/photos;`) },
  ],
  ["W1", "nginx serves files that nothing deletes", "nginx-watch", { nginx: (text) => text }],
]

const LOCAL_WARNINGS: readonly (readonly [id: string, fault: string, check: string, fault: LocalFault])[] = [
  ["", "a crop has no double", "list-doubles", { options: { sizes: ["40x30", "100w"] } }],
  ["", "a size is larger than every original", "list-oversized", { options: { sizes: ["40x30", "80x60", "4000w"] } }],
  [
    "R2",
    "a retired size is still stored",
    "list-retired",
    {
      options: { retired: { sizes: ["90w"] } },
      prepare: async (folder) => {
        await mkdir(join(folder, "made/files/shop/90w"), { recursive: true })
        await writeFile(join(folder, "made/files/shop/90w/a.jpg"), "")
      },
    },
  ],
]

/** Stores renditions while the format WebP is listed: one of a WebP original, and one in the format. */
const storeWebp = async (folder: string): Promise<void> => {
  await writeFile(join(folder, "photos/shop/b.webp"), await flat({ width: 300, height: 200, format: "webp" }))
  const [originals, renditions] = [join(folder, "photos"), join(folder, "made")]
  const tailor = createTailor({ originals, renditions, sizes: ["100w"], isolation: "none" })
  for (const path of ["/shop/100w/b.webp", "/shop/100w/a.jpg.webp"])
    await (await tailor.fetch(new Request(`http://localhost${path}`))).arrayBuffer()
  await tailor.close()
}

describe("seeded faults of a machine", () => {
  it("doctor finds no fault of a machine where there is none", async () => {
    const results = await examineMachine({ options: WATCHED, nginx: (text) => text })
    expect(namesOf(results, "failure", "warning")).toEqual(EXPECTED_WARNINGS)
  })

  it("doctor counts sizes that differ in Cache-Control or in the least quality as different", async () => {
    const size = { size: "100w", name: "a", maxBytes: 9000 } as const
    const sizes = ["40x30", "80x60", size, { ...size, name: "b", cacheControl: "max-age=60" }]
    const options = { sizes: [...sizes, { ...size, name: "c", minQuality: 50 }] }
    expect(namesOf(await examineMachine({ options }), "failure")).not.toContain("list-duplicates")
  })

  it("doctor does not count a rendition of a WebP original at its base URL as one of the retired format WebP", async () => {
    const options = { formats: ["avif"], retired: { formats: ["webp"] } } as const
    const results = await examineMachine({ options, prepare: storeWebp })
    const found = results.find(({ name }) => name === "list-retired")
    expect(found?.state).toBe("warning")
    expect(found?.observation).toBe("1 of 2 stored renditions, like shop/100w/a.jpg.webp.")
  })

  it.each(LOCAL_FAULTS)("doctor finds a seeded fault of a machine: %s %s, by %s", async (_id, _text, check, fault) => {
    expect(namesOf(await examineMachine(fault), "failure")).toContain(check)
  })

  it.each(LOCAL_WARNINGS)(
    "doctor warns of a seeded fault of a machine: %s %s, by %s",
    async (_id, _text, check, fault) => {
      expect(namesOf(await examineMachine(fault), "warning")).toEqual([...EXPECTED_WARNINGS, check])
    },
  )
})

const BUCKETS = { originals: "s3://originals", renditions: "s3://renditions" } as const
const DENIED = { kind: "error", status: 403, code: "AccessDenied" } as const
const KMS = { ...DENIED, message: "not authorized to perform: kms:Decrypt on resource: key/a" }

type BucketFault = readonly [
  id: string,
  fault: string,
  check: string,
  state: "failure" | "warning",
  fault: Fault,
  methods: readonly string[],
  urls: RegExp,
]

const BUCKET_FAULTS: readonly BucketFault[] = [
  ["S1", "originals may not be read", "s3-originals-get", "failure", DENIED, ["GET"], /^\/originals\/a\.jpg/],
  [
    "aws-9",
    "originals are encrypted with another key",
    "s3-originals-get",
    "failure",
    KMS,
    ["GET"],
    /^\/originals\/a\.jpg/,
  ],
  ["S4", "renditions may not be written", "s3-renditions-put", "failure", DENIED, ["PUT"], /^\/renditions\//],
  ["S6", "renditions may not be read", "s3-renditions-get", "failure", DENIED, ["GET"], /^\/renditions\//],
  [
    "",
    "the bucket does not exist",
    "s3-region",
    "failure",
    { kind: "error", status: 404, code: "NoSuchBucket" },
    ["GET"],
    /^\/originals\//,
  ],
  [
    "",
    "the clock is wrong",
    "s3-clock",
    "failure",
    { kind: "error", status: 403, code: "RequestTimeTooSkewed" },
    ["GET"],
    /^\/originals\/imgtailor-doctor/,
  ],
  ["", "originals may not be listed", "s3-originals-list", "warning", DENIED, ["GET"], /max-keys=1&/],
  ["R2", "renditions may not be deleted", "s3-renditions-delete", "warning", DENIED, ["DELETE"], /^\/renditions\//],
]

describe.skipIf(versitygw === undefined)("seeded faults of buckets", () => {
  let s3: S3Server
  let faulty: FaultyS3

  beforeAll(async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", ROOT.accessKeyId)
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", ROOT.secretAccessKey)
    s3 = await startVersitygw()
    for (const bucket of ["originals", "renditions"]) await s3.createBucket(bucket)
    await s3.putObject("originals", "a.jpg", await flat({ width: 300, height: 200 }))
    faulty = await startFaultyS3(s3.endpoint)
  }, 30_000)
  afterAll(async () => {
    vi.unstubAllEnvs()
    await faulty.close()
    await s3.stop()
  })

  const examineBuckets = async (): Promise<readonly CheckResult[]> => {
    const all = { ...BUCKETS, s3Endpoint: faulty.endpoint, sizes: ["40x30", "80x60", "100w"] }
    const tailor = openTailor({ ...resolveConfig(all, environment()), isolation: "none" })
    const checks = LOCAL_CHECKS.filter(({ name }) => name.startsWith("s3-"))
    return runChecks(checks, localContext(tailor, thisSystem({ HTTPS_PROXY: "http://proxy" })))
  }

  it("doctor finds no fault of buckets where there is none, and deletes its object", async () => {
    expect(namesOf(await examineBuckets(), "failure", "warning", "skipped")).toEqual([])
    expect(await s3.keysIn("renditions")).toEqual([])
  })

  it("doctor names the object that it may write but not delete", async () => {
    faulty.fail(DENIED, { methods: ["DELETE"], urls: /^\/renditions\// })
    const results = await examineBuckets()
    faulty.heal()
    const [key = "none"] = await s3.keysIn("renditions")
    expect(results.find(({ name }) => name === "s3-renditions-put")?.observation).toContain(`Delete ${key}`)
    await s3.deleteObject("renditions", key)
  })

  it.each(BUCKET_FAULTS)(
    "doctor finds a seeded fault of buckets: %s %s, by %s",
    async (_id, _text, check, state, kind, methods, urls) => {
      faulty.fail(kind, { methods, urls })
      const results = await examineBuckets()
      faulty.heal()
      expect(namesOf(results, state)).toContain(check)
    },
  )
})

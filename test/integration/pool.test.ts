/** Real render processes: what they render, what they may touch, and that none is left behind. */
import { execFileSync, spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs"
import { availableParallelism, getPriority } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { pathToFileURL } from "node:url"

import { describe, expect, it, onTestFinished } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { CHILD_ENTRY } from "../../src/render/pool/child-connection.ts"
import { SPARE_DELAY_MS } from "../../src/render/pool/limits.ts"
import { createPool } from "../../src/render/pool/pool.ts"
import { createPooledRenderer, type PooledLimits, type PooledOptions } from "../../src/render/pool/pooled-renderer.ts"
import { createRenderer } from "../../src/render/render.ts"
import type { Renderer } from "../../src/render/renderer.ts"
import type { Format } from "../../src/sizes/format.ts"
import { imageRecipe, infoRecipe, type Recipe } from "../../src/sizes/recipe.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { scene, SETTINGS, sizeOf } from "../image/support.ts"
import { flat } from "../support/photos.ts"

const LIMITS: PooledLimits = { pixels: 1e8, animationPixels: 1e8, memoryBytes: 1e9, renders: 2 }
const DIST = join(import.meta.dirname, "../../dist")

const open = (limits: Partial<PooledLimits> = {}, options: PooledOptions = {}): Renderer => {
  const renderer = createPooledRenderer({ ...LIMITS, ...limits }, options)
  onTestFinished(() => renderer.close())
  return renderer
}

const recipe = (size: string, format?: Format): Recipe => imageRecipe(sizeOf(size), format, SETTINGS)

const photo = (width = 400, height = 300): Promise<Buffer> => scene({ width, height }).jpeg().toBuffer()

const until = async (isTrue: () => boolean): Promise<void> => {
  while (!isTrue()) await sleep(10)
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)

const threadsOf = (pid: number): readonly number[] => readdirSync(`/proc/${pid}/task`).map(Number)

/** What the descriptors of a process refer to, apart from those that it closes meanwhile. */
const openedBy = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)]
    } catch {
      return []
    }
  })

const hasProc = existsSync("/proc/self/task")

/** Runs a program that uses the built package; resolves with its output. */
const runProgram = (
  source: string,
  command: readonly string[] = [process.execPath],
): { readonly child: ReturnType<typeof spawn>; readonly output: Promise<string> } => {
  const module = `const { createTailor } = await import(${JSON.stringify(pathToFileURL(join(DIST, "index.js")).href)})
const { createPooledRenderer } = await import(${JSON.stringify(pathToFileURL(join(DIST, "render/pool/pooled-renderer.js")).href)})
${source}`
  const [program = "", ...programArguments] = command
  const child = spawn(program, [...programArguments, "--input-type=module", "--eval", module], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let text = ""
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()))
  return { child, output: new Promise((done) => child.on("close", () => done(text))) }
}

describe("a rendition made in a render process", () => {
  it.each<[string, () => Promise<Buffer>]>([
    ["JPEG", () => photo()],
    ["PNG", () => scene({ width: 400, height: 300 }).png().toBuffer()],
    ["WebP", () => scene({ width: 400, height: 300 }).webp().toBuffer()],
    ["AVIF", () => scene({ width: 400, height: 300 }).avif({ effort: 0 }).toBuffer()],
    ["GIF", () => scene({ width: 400, height: 300 }).gif().toBuffer()],
    ["TIFF", () => scene({ width: 400, height: 300 }).tiff().toBuffer()],
  ])("equals one made in the server process: %s", async (_, make) => {
    const bytes = await make()
    const [pooled, local] = [await open().open(bytes), await createRenderer(LIMITS).open(bytes)]
    expect(pooled.inspected).toEqual(local.inspected)
    expect(await pooled.digest()).toBe(await local.digest())
    const recipes = [recipe("100w"), recipe("90x90", "webp"), recipe("60h", "avif"), infoRecipe(SETTINGS)]
    const rendered = await Promise.all(recipes.map((each) => pooled.render(each, { isShared: true })))
    for (const [at, each] of recipes.entries()) {
      const { capBytes, ...mine } = rendered[at] ?? { capBytes: undefined }
      const { capBytes: _cap, estimateBytes: _estimate, ...expected } = await local.render(each)
      expect(mine).toMatchObject({ ...expected, bytes: Buffer.from(expected.bytes) })
      expect(capBytes).toBeGreaterThan(64e6)
    }
    pooled.close()
    local.close()
  })

  it("has the errors of one made in the server process", async () => {
    const renderer = open()
    await expect(renderer.open(Buffer.from("<svg>"))).rejects.toMatchObject({
      code: "unsupported-original",
      detail: "The original is SVG, which is not supported.",
    })
    const bytes = await photo()
    await expect(renderer.open(bytes.subarray(0, 40))).rejects.toMatchObject({ code: "corrupt-original" })
    const session = await renderer.open(bytes.subarray(0, 3000))
    await expect(session.render(recipe("100w"))).rejects.toMatchObject({ code: "corrupt-original" })
    session.close()
  })

  it("is refused when it takes more memory than the cap", async () => {
    const bytes = await flat({ width: 3000, height: 2500, format: "avif" })
    for (const reportsUsage of [false, true]) {
      const renderer = open({ memoryBytes: 80e6 }, { reportsUsage })
      const session = await renderer.open(bytes)
      await expect(session.render(recipe("100w"))).rejects.toMatchObject({
        code: "original-too-large",
        detail: "Rendering the original takes more than the limit of 80 MB of memory.",
      })
      session.close()
      const small = await renderer.open(await photo())
      expect((await small.render(recipe("100w"))).width).toBe(100)
      small.close()
    }
  })

  it("comes from a tailor whose process loads no image library", async () => {
    const program = runProgram(`
const { readFileSync } = await import("node:fs")
const originals = { name: "one", head: async () => ({ version: "1", byteLength: 9, isStable: true }),
  get: async () => ({ stat: { version: "1", byteLength: bytes.length, isStable: true }, bytes }), list: async function* () {} }
const bytes = Buffer.from(${JSON.stringify((await photo()).toString("base64"))}, "base64")
const { memoryRenditions } = await import(${JSON.stringify(pathToFileURL(join(DIST, "store/memory.js")).href)})
const tailor = createTailor({ originals, renditions: memoryRenditions(), sizes: ["100w"] })
const { status, headers } = await tailor.fetch(new Request("http://localhost/100w/a.jpg"))
const isLoaded = process.platform === "linux" && readFileSync("/proc/self/maps", "latin1").includes("libvips")
console.log(status, headers.get("content-type"), isLoaded)`)
    // It ends although its render processes wait for work.
    expect(await program.output).toBe("200 image/jpeg false\n")
  })
})

describe.runIf(hasProc)("a render process", () => {
  const start = async (): Promise<{ readonly renderer: Renderer; readonly pids: readonly number[] }> => {
    const renderer = open()
    const before = childrenOf(process.pid)
    await renderer.ready()
    await until(() => renderer.state().processes >= 3)
    return { renderer, pids: childrenOf(process.pid).filter((pid) => !before.includes(pid)) }
  }

  it("has no variable of its server but those of the loader, and no other directory and descriptor", async () => {
    process.env["AWS_SECRET_ACCESS_KEY"] = "secret"
    onTestFinished(() => void delete process.env["AWS_SECRET_ACCESS_KEY"])
    const { pids } = await start()
    expect(pids.length).toBeGreaterThan(0)
    for (const pid of pids) {
      const names = readFileSync(`/proc/${pid}/environ`, "utf8")
        .split("\0")
        .filter(Boolean)
        .map((line) => line.split("=")[0])
      expect(names.filter((name) => !["LD_LIBRARY_PATH", "LD_PRELOAD"].includes(name ?? ""))).toEqual([
        "UV_THREADPOOL_SIZE",
        "MALLOC_ARENA_MAX",
      ])
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe("/")
      // A spare process may still be reading its code.
      await until(() => !openedBy(pid).some((path) => path.startsWith("/") && !/^\/(?:dev|proc)\//.test(path)))
      expect(openedBy(pid).filter((target) => target.startsWith("socket:"))).toHaveLength(2)
    }
  })

  it("volunteers for the out-of-memory killer and gives way to the server, with all its threads", async () => {
    const { renderer, pids } = await start()
    const session = await renderer.open(await photo())
    await session.render(recipe("100w"))
    for (const pid of pids) {
      await until(() => readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim() === "1000")
      for (const thread of threadsOf(pid)) expect(getPriority(thread)).toBe(Math.min(19, getPriority() + 5))
    }
    session.close()
  })

  it("runs at the lowest priority once it is slow, and is replaced afterwards", async () => {
    const renderer = open()
    await renderer.ready()
    const bytes = await scene({ width: 5000, height: 4000 }).png({ compressionLevel: 0 }).toBuffer()
    let isSlow = false
    const session = await renderer.open(bytes, { onSlow: () => (isSlow = true) })
    const rendering = session.render(recipe("4900w", "avif"), { onSlow: () => (isSlow = true) })
    await until(() => isSlow)
    const lowered = childrenOf(process.pid).filter((pid) =>
      threadsOf(pid).every((thread) => getPriority(thread) === 19),
    )
    expect(lowered).toHaveLength(1)
    expect(renderer.state().slow).toBe(1)
    expect((await rendering).width).toBe(4900)
    session.close()
    await until(() => !lowered.some(isAlive))
    expect(renderer.state().slow).toBe(0)
  })

  it("gives way at once where the header says that decoding will be slow", async () => {
    const renderer = open()
    const bytes = await flat({ width: 6000, height: 4500, format: "png" })
    const session = await renderer.open(bytes)
    let slowAtOnce = 0
    const rendering = session.render(recipe("100w"), { onSlow: () => (slowAtOnce = renderer.state().slow) })
    await rendering
    expect(slowAtOnce).toBe(1)
    session.close()
  })

  it("is replaced when it is killed during a render, which goes on", async () => {
    const renderer = open()
    await renderer.ready()
    const session = await renderer.open(await scene({ width: 3000, height: 2000 }).png().toBuffer())
    const rendering = session.render(recipe("2000w", "avif"))
    for (const pid of childrenOf(process.pid)) process.kill(pid, "SIGKILL")
    expect((await rendering).width).toBe(2000)
    session.close()
  })

  it.each(["SIGKILL", "SIGTERM"] as const)("ends when its server is ended by %s", async (signal) => {
    const { child, output } = runProgram(`
const renderer = createPooledRenderer(${JSON.stringify(LIMITS)})
await renderer.ready()
await renderer.open(Buffer.from(${JSON.stringify((await photo()).toString("base64"))}, "base64"))
console.log("open")
setInterval(() => {}, 1000)`)
    await new Promise((done) => child.stdout?.once("data", done))
    const pids = childrenOf(child.pid ?? 0)
    expect(pids.length).toBeGreaterThan(0)
    child.kill(signal)
    await output
    await until(() => !pids.some(isAlive))
  })

  // setpriv and prlimit (util-linux) make a user whose processes are limited; only root may.
  const canLimit = process.getuid?.() === 0 && existsSync("/usr/bin/setpriv") && existsSync("/usr/bin/prlimit")

  it.runIf(canLimit)("that cannot be started (EAGAIN) fails each request with one error, until it can be", async () => {
    const asUser = ["--reuid=54321", "--regid=54321", "--clear-groups"]
    const { child, output } = runProgram(
      `
import { setTimeout as sleep } from "node:timers/promises"
const renderer = createPooledRenderer(${JSON.stringify(LIMITS)})
const bytes = Buffer.from(${JSON.stringify((await photo()).toString("base64"))}, "base64")
setInterval(() => {}, 1000)
for (const phase of ["none", "all", "spare"]) {
  // A spare process starts a moment after the third one was lent.
  while (phase === "spare" && renderer.state().processes < 4) await sleep(10)
  const ready = new Promise((done) => process.once("SIGUSR2", done))
  console.log(phase)
  await ready
  const outcomes = [1, 2, 3].map(() => renderer.open(bytes).then(() => "opened", (error) => error.code))
  console.log(phase, (await Promise.all(outcomes)).toSorted().join())
}
process.exit()`,
      ["setpriv", ...asUser, process.execPath],
    )
    child.stdout?.on("data", (text: Buffer) => {
      const phase = text.toString().trim().split("\n").at(-1) ?? ""
      if (!["none", "all", "spare"].includes(phase)) return
      const limit = `--nproc=${phase === "all" ? 10_000 : 1}:10000`
      execFileSync("setpriv", [...asUser, "prlimit", "--pid", String(child.pid), limit])
      child.kill("SIGUSR2")
    })
    const outcomes = (await output).split("\n").filter((line) => line.includes(" "))
    expect(outcomes).toEqual([
      "none bad-config,bad-config,bad-config",
      "all opened,opened,opened",
      // A spare process that was started before, or is starting, serves one.
      "spare busy,busy,opened",
    ])
  })
})

describe("a pool of processes", () => {
  it("starts another spare process only where none was given back for a moment", async () => {
    const pool = createPool(LIMITS, { entry: CHILD_ENTRY, threads: 4, reportsUsage: false })
    onTestFinished(() => pool.close())
    const lend = () => pool.lend(new AbortController().signal)
    const lent = [await lend(), await lend()]
    await until(() => pool.count() >= Math.max(2, availableParallelism()) + 1)
    while (lent.length < pool.count()) lent.push(await lend())
    const count = pool.count()
    const [first] = lent
    if (first) pool.giveBack(first.process, first.rssBytes)
    await sleep(2 * SPARE_DELAY_MS)
    expect(pool.count()).toBe(count)
    await lend()
    await until(() => pool.count() === count + 1)
  })
})

describe("a tailor with render processes", () => {
  it("reports the estimate, the cap and the verdict of renders", async () => {
    const originals = memoryOriginals()
    originals.set("small.jpg", await photo())
    originals.set("large.avif", await flat({ width: 3000, height: 2500, format: "avif" }))
    const reports: RequestReport[] = []
    const limits = { memoryBytes: 80e6 }
    const options = { originals, renditions: memoryRenditions(), sizes: ["100w"], limits } as const
    const tailor = createTailor(options, { onRequest: (report) => reports.push(report) })
    onTestFinished(() => tailor.close())
    for (const name of ["small.jpg", "large.avif"]) await tailor.fetch(new Request(`http://localhost/100w/${name}`))
    expect(reports[0]?.output).toMatchObject({ estimateBytes: expect.any(Number), capBytes: expect.any(Number) })
    expect(reports[1]).toMatchObject({
      status: 413,
      verdict: expect.stringMatching(/^memory: used \d+ MB, estimated \d+ MB$/),
    })
  })

  it("answers misses, and 503 after it was closed", async () => {
    const originals = memoryOriginals()
    for (const name of ["a", "b", "c"]) originals.set(`${name}.jpg`, await photo())
    const tailor = createTailor({ originals, renditions: memoryRenditions(), sizes: ["100w", "50w"] })
    onTestFinished(() => tailor.close())
    const get = async (path: string): Promise<number> =>
      (await tailor.fetch(new Request(`http://localhost${path}`))).status
    expect(await Promise.all(["/100w/a.jpg", "/50w/a.jpg", "/100w/b.jpg"].map(get))).toEqual([200, 200, 200])
    await tailor.idle()
    await tailor.close()
    expect(await get("/100w/a.jpg")).toBe(200)
    expect(await get("/100w/c.jpg")).toBe(503)
  })
})

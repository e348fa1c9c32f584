/**
 * Tests processes that are killed at any moment, and processes that share a folder: every later response is whole and correct, and the
 * originals are unchanged.
 */
import { createHash } from "node:crypto"
import { readdir, readFile, stat, utimes } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it } from "vitest"

import { memoryRenditions } from "../../src/store/memory.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { decodeWhole, noise } from "../support/photos.ts"
import { BUILT, ensureBuilt, startProcess } from "../support/process.ts"
import { createPhotos, type Photos, type RawResponse, send } from "../support/server.ts"

const SIZES = ["60x40", "90w"]
const PHOTOS = ["a.jpg", "shop/b.jpg", "shop/deep/c d.jpg", "e.png", "f.webp"]
const FORMATS = ["webp"] as const
const ENDINGS = ["", ...FORMATS.map((format) => `.${format}`)]

const URLS: readonly string[] = PHOTOS.flatMap((key) => {
  const segments = key.split("/").map(encodeURIComponent)
  const at = (size: string, ending: string): string =>
    `/${[...segments.slice(0, -1), size, segments.at(-1)].join("/")}${ending}`
  return [at("info", ".json"), ...SIZES.flatMap((size) => ENDINGS.map((ending) => at(size, ending)))]
})

const LISTS = ["--sizes", SIZES.join(","), "--formats", FORMATS.join(",")]

const writePhotos = async (photos: Photos, round: number): Promise<void> => {
  for (const [at, key] of PHOTOS.entries()) {
    const format = key.endsWith(".png") ? "png" : key.endsWith(".webp") ? "webp" : "jpeg"
    await photos.write(key, await noise({ width: 120, height: 90, seed: round * 100 + at + 1, format }))
  }
}

/** The expected response for each URL, rendered without stored renditions by the same build as the killed processes. */
const renderAll = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  await ensureBuilt()
  const built = (await import(BUILT)) as typeof import("../../src/index.ts")
  const tailor = built.createTailor({
    originals: folder,
    renditions: memoryRenditions(),
    sizes: SIZES,
    formats: FORMATS,
    isolation: "none",
  })
  const render = async (address: string): Promise<readonly [string, string]> => {
    const response = await tailor.fetch(new Request(`http://localhost${address}`))
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (response.status !== 200) throw new Error(`Expected ${address} to be rendered, got ${response.status}`)
    if (response.headers.get("content-type")?.startsWith("image/")) await decodeWhole(bytes)
    return [address, Buffer.from(bytes).toString("base64")]
  }
  return new Map(await Promise.all(URLS.map(render)))
}

/** URLs whose response differs from a new render. */
const wrongAmong = (answers: readonly RawResponse[], rendered: ReadonlyMap<string, string>): readonly string[] =>
  URLS.filter((address, at) => {
    const answer = answers[at]
    return answer?.status !== 200 || answer.body.toString("base64") !== rendered.get(address)
  })

const askAll = (port: number): Promise<readonly RawResponse[]> =>
  Promise.all(URLS.map((address) => send(port, address)))

/** The properties of the originals that change with any write. */
const fingerprint = async (folder: string): Promise<readonly string[]> =>
  Promise.all(
    (await filesBelow(folder)).map(async (key) => {
      const { mtimeMs, ino, mode } = await stat(join(folder, key))
      const hash = createHash("sha256").update(await readFile(join(folder, key)))
      return `${key} ${mtimeMs} ${ino} ${mode} ${hash.digest("hex")}`
    }),
  )

const ROUNDS = 10
/** About the duration of the load. */
const LOAD_MS = 200

describe("a process that is ended", () => {
  it("SIGKILL at any moment under load leaves nothing that is served wrong, and every original unchanged", async () => {
    const photos = await createPhotos()
    const renditions = await temporaryFolder()
    const start = (): ReturnType<typeof startProcess> =>
      startProcess(photos.folder, ...LISTS, "--renditions", renditions)
    let running = await start()
    for (let round = 0; round < ROUNDS; round++) {
      await writePhotos(photos, round)
      const before = await fingerprint(photos.folder)
      const rendered = await renderAll(photos.folder)
      const { port, end } = running
      const load = URLS.map(async (address) => ({
        address,
        answer: await send(port, address).catch(() => undefined),
      }))
      await sleep(Math.random() * LOAD_MS)
      await end()
      // Responses that arrived whole before the end were correct too.
      const arrived = (await Promise.all(load)).filter(({ answer }) => answer)
      const wrong = arrived.filter(({ address, answer }) => answer?.body.toString("base64") !== rendered.get(address))
      expect(
        wrong.map(({ address }) => address),
        `in round ${round}`,
      ).toEqual([])
      running = await start()
      expect(wrongAmong(await askAll(running.port), rendered), `in round ${round}`).toEqual([])
      expect(await fingerprint(photos.folder)).toEqual(before)
    }
    // Temporary files of killed processes are removed once they are certainly abandoned.
    const drafts = join(renditions, "tmp")
    const hourAgo = new Date(Date.now() - 3_600_000)
    for (const name of await readdir(drafts)) await utimes(join(drafts, name), hourAgo, hourAgo)
    await running.end()
    await start()
    await expect.poll(() => readdir(drafts)).toEqual([])
  }, 60_000)

  it("SIGTERM lets requests in flight finish", async () => {
    const photos = await createPhotos()
    await writePhotos(photos, 1)
    const rendered = await renderAll(photos.folder)
    const { port, end } = await startProcess(photos.folder, ...LISTS, "--renditions", await temporaryFolder())
    const answers = askAll(port)
    await expect.poll(async () => (await send(port, "/healthz")).text).not.toContain('"miss":0')
    const ended = end("SIGTERM")
    expect(wrongAmong(await answers, rendered)).toEqual([])
    expect(await ended).toEqual({ code: 0, signal: null })
  })
})

describe("two processes with one folder of renditions", () => {
  it("two processes answer identical concurrent requests correctly, and the stored renditions are hits for both", async () => {
    const photos = await createPhotos()
    await writePhotos(photos, 7)
    const rendered = await renderAll(photos.folder)
    const before = await fingerprint(photos.folder)
    const renditions = await temporaryFolder()
    const args = [...LISTS, "--renditions", renditions]
    const processes = await Promise.all([startProcess(photos.folder, ...args), startProcess(photos.folder, ...args)])
    for (let round = 0; round < 3; round++) {
      const both = await Promise.all(processes.map(({ port }) => askAll(port)))
      for (const answers of both) expect(wrongAmong(answers, rendered), `in round ${round}`).toEqual([])
    }
    for (const { port } of processes)
      for (const { headers } of await askAll(port)) expect(headers["cache-status"]).toBe("imgtailor; hit")
    expect(await fingerprint(photos.folder)).toEqual(before)
    for (const { end } of processes) expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })
})

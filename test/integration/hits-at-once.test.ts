/** Hits that are answered in the turn of the event loop in which their request arrives, by a tailor over real folders. */
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import type { Answer } from "../../src/http/answer.ts"
import { temporaryFolder } from "../support/folders.ts"
import { BLUE, colourAt, colourDistance, flat, RED } from "../support/photos.ts"

const TARGET = "/480h/a.jpg"
/** A younger original may change without a new version. */
const STABLE_MS = 2100

const FOLDERS = [
  "kept from memory",
  "replaced from memory",
  "removed from memory",
  "kept from disk",
  "replaced from disk",
  "removed from disk",
] as const

interface Shop {
  readonly tailor: Tailor
  readonly originals: string
  /** Answers, and whether without waiting. */
  readonly ask: (
    headers?: Readonly<Record<string, string>>,
    method?: string,
  ) => Promise<{ readonly answer: Answer; readonly isAtOnce: boolean }>
}

/** The folder of all originals, each in its own folder: they become stable together. */
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "imgtailor-test-"))
  for (const name of FOLDERS) {
    await mkdir(join(root, name))
    await writeFile(join(root, name, "a.jpg"), await flat({ colour: RED }))
  }
  await sleep(STABLE_MS)
})
afterAll(() => rm(root, { recursive: true }))

/** A tailor whose rendition is stored. */
const openShop = async (name: (typeof FOLDERS)[number], cacheBytes: number): Promise<Shop> => {
  const originals = join(root, name)
  const renditions = await temporaryFolder()
  const tailor = createTailor({ originals, renditions, sizes: ["480h"], isolation: "none", limits: { cacheBytes } })
  const ask: Shop["ask"] = async (headers = {}, method = "GET") => {
    const result = tailor.handle({ method, target: TARGET, header: (header) => headers[header] })
    return { answer: await result, isAtOnce: !(result instanceof Promise) }
  }
  // The second request reads the original's stat again.
  for (let round = 0; round < 2; round++) expect((await ask()).answer.status).toBe(200)
  return { tailor, originals, ask }
}

const isBlue = async ({ body }: Answer): Promise<boolean> =>
  body instanceof Uint8Array && colourDistance(await colourAt(body, 0.5, 0.5), BLUE) < 16

describe.each([
  { from: "memory" as const, cacheBytes: 1_000_000 },
  { from: "disk" as const, cacheBytes: 0 },
])("hits from $from", ({ from, cacheBytes }) => {
  it("a hit, its 304, its HEAD and its ranges are answered at once", async () => {
    const { ask } = await openShop(`kept from ${from}`, cacheBytes)
    const { answer, isAtOnce } = await ask()
    expect({ isAtOnce, status: answer.status, outcome: answer.decision.outcome }).toEqual({
      isAtOnce: true,
      status: 200,
      outcome: "hit",
    })
    const etag = answer.headers["etag"] ?? ""
    const cases = [
      { headers: { "if-none-match": etag }, status: 304 },
      { headers: { "if-match": '"other"' }, status: 412 },
      { headers: { range: "bytes=0-9" }, status: 206 },
      { headers: { range: "bytes=9999999-" }, status: 416 },
    ]
    for (const { headers, status } of cases) {
      const found = await ask(headers)
      expect({ isAtOnce: found.isAtOnce, status: found.answer.status }).toEqual({ isAtOnce: true, status })
    }
    const changed = await ask({ "if-none-match": '"other"' })
    expect(changed).toMatchObject({ isAtOnce: true, answer: { status: 200, body: answer.body } })
    const head = await ask({}, "HEAD")
    expect(head).toMatchObject({ isAtOnce: true, answer: { status: 200, headers: answer.headers } })
    expect(head.answer.body).toBeUndefined()
  })

  it("a replaced original is served at the next request", async () => {
    const { ask, originals } = await openShop(`replaced from ${from}`, cacheBytes)
    expect((await ask()).isAtOnce).toBe(true)
    await writeFile(join(originals, "new"), await flat({ colour: BLUE }))
    await rename(join(originals, "new"), join(originals, "a.jpg"))
    const { answer, isAtOnce } = await ask()
    expect({ isAtOnce, isBlue: await isBlue(answer) }).toEqual({ isAtOnce: false, isBlue: true })
  })

  it("a removed original is not found, and a purged rendition is rendered again", async () => {
    const { ask, originals, tailor } = await openShop(`removed from ${from}`, cacheBytes)
    expect(await tailor.purge("a.jpg")).toBe(1)
    expect((await ask()).answer.decision.outcome).toBe("miss")
    expect((await ask()).isAtOnce).toBe(true)
    await rm(join(originals, "a.jpg"))
    expect((await ask()).answer.status).toBe(404)
  })
})

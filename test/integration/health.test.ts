/** Health checks: `/healthz` lists the parts that do not work, `/readyz` decides whether this process should get requests. */
import { rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { storeDenied, storeUnavailable } from "../../src/errors.ts"
import { createHealth, type Health, type HealthParts, type HealthReport } from "../../src/health.ts"
import { folderOriginals } from "../../src/store/folder.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { observeOriginals, observeRenditions } from "../../src/store/observed.ts"
import type { Originals } from "../../src/store/store.ts"
import { failing, faultyOriginals, faultyRenditions, on } from "../support/faulty-store.ts"
import { temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"
import { createPhotos, type RunningServer, startServer } from "../support/server.ts"

const healthOf = async ({ get }: RunningServer): Promise<HealthReport> => {
  const { status, text } = await get("/healthz")
  expect(status).toBe(200)
  return JSON.parse(text) as HealthReport
}

const readinessOf = async ({ get }: RunningServer): Promise<number> => (await get("/readyz")).status

describe("/healthz", () => {
  it("reports requests, the latest success of each store, and the renderer", async () => {
    const shop = await startServer()
    await shop.write("a.jpg", await flat())
    await shop.get("/480h/a.jpg")
    await shop.get("/480h/a.jpg")
    await shop.get("/480h/absent.jpg")
    const health = await healthOf(shop)
    expect(health).toMatchObject({
      status: "ok",
      phase: "ready",
      problems: [],
      requests: { hit: 1, miss: 1, coalesced: 0, refused: 1, unverified: 0, notStored: 0, notDeleted: 0 },
      originals: { store: "folder" },
      renditions: { store: "folder" },
    })
    for (const { lastSuccess, lastFailure } of [health.originals.read, health.renditions.write ?? {}]) {
      expect(Date.parse(lastSuccess ?? "")).toBeGreaterThan(Date.now() - 60_000)
      expect(lastFailure).toBeUndefined()
    }
    expect(health.renderer.sessions).toBe(0)
  })

  it("is answered to HEAD without a body, is never cached and never counted", async () => {
    const shop = await startServer()
    for (const path of ["/healthz?now", "/readyz"]) {
      const response = await shop.send(path, { method: "HEAD" })
      expect([response.status, response.body.length, response.headers["cache-control"]]).toEqual([200, 0, "no-store"])
    }
    expect((await healthOf(shop)).requests).toMatchObject({ hit: 0, refused: 0 })
    expect(shop.reports.map(({ outcome }) => outcome)).toEqual(["other", "other", "other"])
  })

  it("is degraded, with status 200, while originals cannot be read, and names no path", async () => {
    const photos = await createPhotos()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["head"], failing)),
    })
    expect((await shop.get("/480h/a.jpg")).status).toBe(502)
    const health = await healthOf(shop)
    expect(health).toMatchObject({
      status: "degraded",
      problems: ["The reads of the originals fail: store-unavailable."],
      originals: { read: { lastFailureCode: "store-unavailable" } },
    })
    expect(JSON.stringify(health)).not.toContain("secret detail")
  })

  it("is degraded, and the server stays ready, where a bucket denies writes", async () => {
    const photos = await createPhotos()
    const bucket = { ...memoryRenditions(), name: "s3" }
    const shop = await startServer({
      photos,
      renditions: faultyRenditions(
        bucket,
        on(["put"], async (_, key) => {
          throw storeDenied("s3", key, "403 Forbidden")
        }),
      ),
    })
    await photos.write("a.jpg", await flat())
    expect((await shop.get("/480h/a.jpg")).status).toBe(200)
    expect(await healthOf(shop)).toMatchObject({
      status: "degraded",
      problems: ["The writes of the renditions fail: store-denied."],
      requests: { notStored: 1 },
    })
    expect(await readinessOf(shop)).toBe(200)
  })
})

describe("/readyz", () => {
  it("is 503 while the server's own folder cannot be written, and 200 again afterwards without a restart", async () => {
    const renditions = join(await temporaryFolder(), "renditions")
    const shop = await startServer({ renditions })
    await shop.write("a.jpg", await flat())
    await shop.write("b.jpg", await flat())
    expect((await shop.get("/480h/a.jpg")).status).toBe(200)
    await shop.tailor.idle()
    await rename(renditions, `${renditions}.aside`)
    await writeFile(renditions, "a file in place of the folder")
    expect((await shop.get("/480h/b.jpg")).status).toBe(200)
    await shop.tailor.idle()
    expect(await readinessOf(shop)).toBe(503)
    expect(JSON.parse((await shop.get("/readyz")).text)).toEqual({
      status: "not ready",
      reason: "The folder of the renditions cannot be used.",
    })
    expect((await healthOf(shop)).status).toBe("degraded")
    await rm(renditions)
    await rename(`${renditions}.aside`, renditions)
    await expect.poll(() => readinessOf(shop), { timeout: 10_000, interval: 500 }).toBe(200)
  })
})

describe("the health of a tailor", () => {
  const create = (
    clock: () => number = Date.now,
    head: Originals["head"] = async () => undefined,
    renderer: HealthParts["renderer"] = () => ({
      processes: 0,
      sessions: 0,
      running: 0,
      waiting: 0,
      slow: 0,
      reservedBytes: 0,
    }),
  ): { readonly health: Health; readonly originals: Originals } => {
    const originals = observeOriginals({ ...memoryOriginals(), head }, clock)
    const renditions = observeRenditions(memoryRenditions(), clock)
    const check = async (): Promise<undefined> => undefined
    const health = createHealth({
      counts: { hit: 0, miss: 0, coalesced: 0, refused: 0, unverified: 0, notStored: 0, notDeleted: 0 },
      originals: { state: originals.state, check },
      renditions: { state: renditions.state, check },
      renderer,
      clock,
    })
    return { health, originals: originals.store }
  }

  it("is degraded until the calls of a store have succeeded for a minute", async () => {
    let nowMs = 1000
    let isFailing = true
    const { health, originals } = create(
      () => nowMs,
      async (key) => {
        if (isFailing) throw storeDenied("memory", key, "403")
        return undefined
      },
    )
    await expect(originals.head("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    isFailing = false
    for (const [ms, status] of [
      [2000, "degraded"],
      [60_000, "degraded"],
      [61_000, "ok"],
    ] as const) {
      nowMs = ms
      await originals.head("a.jpg")
      expect([ms, health.report().status]).toEqual([ms, status])
    }
  })

  it("is not ready while the server starts or drains", async () => {
    const { health } = create()
    expect(await health.findUnreadiness()).toBeUndefined()
    health.setPhase("starting")
    expect(await health.findUnreadiness()).toBe("The server is starting.")
    health.setPhase("draining")
    expect(await health.findUnreadiness()).toBe("The server is draining.")
    expect(health.report()).toMatchObject({ status: "ok", phase: "draining" })
  })

  it("is not ready and degraded while no render process can be started", async () => {
    const state = { processes: 0, sessions: 0, running: 0, waiting: 0, slow: 0, reservedBytes: 0 }
    let problem: string | undefined = "No render process can be started."
    const { health } = create(Date.now, undefined, () => ({ ...state, problem }))
    expect(await health.findUnreadiness()).toBe(problem)
    expect(health.report()).toMatchObject({ status: "degraded", problems: [problem] })
    problem = undefined
    expect(await health.findUnreadiness()).toBeUndefined()
    expect(health.report().status).toBe("ok")
  })

  it("includes further parts and their problems", () => {
    const { health } = create()
    health.addPart("watch", () => ({ folders: 3, watched: 2, problem: "Watching 2 of 3 folders." }))
    expect(health.report()).toMatchObject({
      status: "degraded",
      problems: ["Watching 2 of 3 folders."],
      parts: { watch: { folders: 3, watched: 2 } },
    })
  })
})

describe("an observed store", () => {
  it("remembers its latest success and failure, and ignores errors of requests", async () => {
    let nowMs = 0
    let error: Error | undefined
    const { store, state } = observeOriginals(
      {
        ...memoryOriginals(),
        head: async () => {
          if (error) throw error
          return undefined
        },
      },
      () => nowMs,
    )
    await store.head("a.jpg")
    nowMs = 1000
    error = new DOMException("left", "AbortError")
    await expect(store.head("a.jpg")).rejects.toThrow("left")
    expect(state().read).toEqual({
      lastSuccessMs: 0,
      lastFailureMs: undefined,
      lastFailure: undefined,
      successes: 1,
      failures: 0,
    })
    error = storeDenied("memory", "a.jpg", "403")
    await expect(store.head("a.jpg")).rejects.toMatchObject({ code: "store-denied" })
    expect(state().read).toEqual({
      lastSuccessMs: 0,
      lastFailureMs: 1000,
      lastFailure: "store-denied",
      successes: 1,
      failures: 1,
    })
  })

  it("counts a lookup once where it cannot be answered at once", async () => {
    const photos = memoryOriginals()
    let isFailing = false
    const head = async (key: string): ReturnType<typeof photos.head> => {
      if (isFailing) throw storeUnavailable("memory", key, "down")
      return photos.head(key)
    }
    const { store, state } = observeOriginals({ ...photos, head }, () => 0)
    const lookUp = async (): Promise<void> => void (store.headSync?.("a.jpg") ?? (await store.head("a.jpg")))
    await lookUp()
    isFailing = true
    await expect(lookUp()).rejects.toMatchObject({ code: "store-unavailable" })
    expect(state().read).toMatchObject({ successes: 1, failures: 1 })
    photos.set("a.jpg", Buffer.from("photo"))
    await lookUp()
    expect(state().read).toMatchObject({ successes: 2, failures: 1 })
  })
})

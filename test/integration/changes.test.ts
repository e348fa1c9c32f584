/** Changes around a server: photos come, change and go, clients leave or are slow, stores are slow or fail, and the server shuts down. */
import { writeFileSync } from "node:fs"
import { chmod, readdir, readFile, rm, writeFile } from "node:fs/promises"
import type { Server } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { closeServer } from "../../src/server/node.ts"
import { folderOriginals, folderRenditions } from "../../src/store/folder.ts"
import {
  createLatch,
  createTally,
  failing,
  faultyOriginals,
  faultyRenditions,
  late,
  on,
} from "../support/faulty-store.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { BLUE, type Colour, colourAt, colourDistance, flat, GREEN, noise, RED, YELLOW } from "../support/photos.ts"
import { createPhotos, openRequest, parseResponse, readAll, send, startServer } from "../support/server.ts"

const ADDRESS = "/shop/480h/a.jpg"

const isColour = async (bytes: Uint8Array, colour: Colour): Promise<boolean> =>
  colourDistance(await colourAt(bytes, 0.5, 0.5), colour) < 16

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((done, fail) => server.getConnections((error, count) => (error ? fail(error) : done(count))))

describe("originals", () => {
  it("an original that is new is served at once, although it was requested before it existed", async () => {
    const shop = await startServer()
    expect((await shop.get(ADDRESS)).status).toBe(404)
    await shop.write("shop/a.jpg", await flat())
    expect((await shop.get(ADDRESS)).status).toBe(200)
  })

  it("an original that is replaced is served at once, in every rendition and in `info`", async () => {
    const shop = await startServer()
    const addresses = [ADDRESS, `${ADDRESS}.webp`, "/shop/360x270/a.jpg"]
    for (const colour of [RED, BLUE, GREEN]) {
      await shop.write("shop/a.jpg", await flat({ colour }))
      for (const address of addresses) expect(await isColour((await shop.get(address)).body, colour)).toBe(true)
      const info = JSON.parse((await shop.get("/shop/info/a.jpg.json")).text) as { dominantColour: string }
      const dominant = [1, 3, 5].map((at) => parseInt(info.dominantColour.slice(at, at + 2), 16))
      expect(colourDistance([dominant[0] ?? 0, dominant[1] ?? 0, dominant[2] ?? 0], colour)).toBeLessThan(20)
    }
  })

  it("an original that is replaced by one of the same length, again and again within a moment, is never served stale", async () => {
    const shop = await startServer()
    const photos = await Promise.all(
      [RED, BLUE, GREEN, YELLOW].map(async (colour) => {
        const bytes = Buffer.alloc(4000)
        // Bytes after the end of a PNG are ignored.
        ;(await flat({ width: 60, height: 40, colour, format: "png" })).copy(bytes)
        return { colour, bytes }
      }),
    )
    await shop.write("shop/a.jpg", photos[0]?.bytes ?? new Uint8Array())
    for (let round = 0; round < 40; round++) {
      const { colour, bytes } = photos[round % photos.length] ?? { colour: RED, bytes: new Uint8Array() }
      // Over the old file, so that even its inode stays.
      writeFileSync(join(shop.folder, "shop/a.jpg"), bytes)
      const answer = await shop.get(ADDRESS)
      expect(await isColour(answer.body, colour), `in round ${round}`).toBe(true)
    }
  })

  it("an original that is deleted has its rendition deleted with the next request for it", async () => {
    const shop = await startServer()
    await shop.write("shop/a.jpg", await flat())
    // The deletion of the last file of a folder would be no evidence.
    await shop.write("shop/other.jpg", await flat())
    for (const address of [ADDRESS, `${ADDRESS}.webp`]) await shop.get(address)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg", "shop/480h/a.jpg.webp"])
    await shop.remove("shop/a.jpg")
    expect((await shop.get(ADDRESS)).status).toBe(404)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg.webp"])
    expect((await shop.get(`${ADDRESS}.webp`)).status).toBe(404)
    expect(await filesBelow(shop.renditions)).toEqual([])
  })

  it("an original that is deleted leaves no rendition to be served whose writer was killed before its record was written", async () => {
    const shop = await startServer()
    await shop.write("shop/a.jpg", await flat())
    await shop.get(ADDRESS)
    await shop.tailor.idle()
    const restarted = await startServer({ photos: shop, renditions: shop.renditions })
    await rm(join(shop.renditions, "records", "shop/480h/a.jpg.json"))
    await shop.remove("shop/a.jpg")
    expect((await restarted.get(ADDRESS)).status).toBe(404)
    expect(await restarted.tailor.purge("shop/a.jpg")).toBe(1)
    expect(await restarted.stored()).toEqual([])
  })

  it("an original is not touched by any request", async () => {
    const shop = await startServer()
    const bytes = await flat()
    await shop.write("shop/a.jpg", bytes)
    await chmod(join(shop.folder, "shop/a.jpg"), 0o444)
    for (const address of [ADDRESS, `${ADDRESS}.webp`, `${ADDRESS}.avif`, "/shop/info/a.jpg.json"])
      await shop.get(address)
    await shop.tailor.purge("shop/a.jpg")
    expect(await filesBelow(shop.folder)).toEqual(["shop/a.jpg"])
    expect(await readFile(join(shop.folder, "shop/a.jpg"))).toEqual(bytes)
  })

  it("an original that was replaced during a render is served in its former version, and stored in the present one", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const renditions = await temporaryFolder()
    const shop = await startServer({
      photos,
      renditions: faultyRenditions(folderRenditions(renditions), on(["put"], latch.hold)),
    })
    await photos.write("shop/a.jpg", await flat({ colour: RED }))
    const answer = shop.get(ADDRESS)
    await latch.reached
    await photos.write("shop/a.jpg", await flat({ colour: BLUE }))
    const later = shop.get(ADDRESS)
    latch.open()
    expect(await isColour((await answer).body, RED)).toBe(true)
    expect(await isColour((await later).body, BLUE)).toBe(true)
    await shop.tailor.idle()
    const restarted = await startServer({ photos, renditions })
    const stored = await restarted.get(ADDRESS)
    expect(stored.headers["cache-status"]).toBe("imgtailor; hit")
    expect(await isColour(stored.body, BLUE)).toBe(true)
  })
})

describe("renditions", () => {
  it("a rendition that another program deleted, truncated or overwrote is rendered again", async () => {
    const shop = await startServer({ limits: { cacheBytes: 0 } })
    await shop.write("shop/a.jpg", await flat({ colour: GREEN }))
    const { body } = await shop.get(ADDRESS)
    const path = join(shop.renditions, "files", "shop/480h/a.jpg")
    for (const harm of [() => rm(path), () => writeFile(path, "other"), () => writeFile(path, body.subarray(0, 200))]) {
      await shop.tailor.idle()
      await harm()
      const answer = await shop.get(ADDRESS)
      expect(answer.status).toBe(200)
      expect(answer.body.equals(body)).toBe(true)
    }
  })

  it("a rendition that cannot be stored is served all the same, and reported", async () => {
    const file = join(await temporaryFolder(), "file")
    await writeFile(file, "no folder")
    const shop = await startServer({ renditions: join(file, "renditions") })
    await shop.write("shop/a.jpg", await flat())
    expect((await shop.get(ADDRESS)).status).toBe(200)
    expect(shop.reports[0]?.storeFailure).toBeDefined()
    expect(JSON.parse((await shop.get("/healthz")).text)).toMatchObject({ requests: { notStored: 1 } })
  })

  it("a rendition of another quality is another rendition, with another ETag", async () => {
    const shop = await startServer({ quality: 90 })
    await shop.write("shop/a.jpg", await noise({ width: 300, height: 200, format: "jpeg" }))
    const before = await shop.get(ADDRESS)
    await shop.tailor.idle()
    const changed = await startServer({ photos: shop, renditions: shop.renditions, quality: 40 })
    const after = await changed.get(ADDRESS)
    expect(after.headers["cache-status"]).toBe("imgtailor; fwd=stale")
    expect(after.body.length).toBeLessThan(before.body.length)
    expect(after.headers["etag"]).not.toBe(before.headers["etag"])
  })

  it("a rendition is deleted by a purge in every size and format, and rendered again for the next request", async () => {
    const shop = await startServer()
    await shop.write("shop/a.jpg", await flat())
    await shop.write("shop/b.jpg", await flat())
    for (const address of [ADDRESS, `${ADDRESS}.webp`, "/shop/info/a.jpg.json", "/shop/480h/b.jpg"])
      await shop.get(address)
    await shop.tailor.idle()
    expect(await shop.tailor.purge("shop/a.jpg")).toBe(3)
    expect(await shop.stored()).toEqual(["shop/480h/b.jpg"])
    expect((await shop.get(ADDRESS)).headers["cache-status"]).toBe("imgtailor; fwd=uri-miss")
  })
})

describe("clients", () => {
  it("a client that disconnects during a render fails no other client that waits for the same", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const tally = createTally()
    const held = faultyOriginals(folderOriginals(photos.folder), on(["get"], latch.hold))
    const shop = await startServer({ photos, originals: faultyOriginals(held, tally.fault) })
    await photos.write("shop/a.jpg", await flat())
    const leaving = openRequest(shop.port, ADDRESS)
    await latch.reached
    const staying = shop.get(`${ADDRESS}?staying`)
    await expect.poll(() => tally.counts.head).toBeGreaterThanOrEqual(2)
    leaving.destroy()
    await expect.poll(() => connectionsOf(shop.server)).toBe(1)
    latch.open()
    expect((await staying).status).toBe(200)
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("a client that disconnects alone gets no response, and the next one does", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["get"], latch.hold)),
    })
    await photos.write("shop/a.jpg", await flat())
    const leaving = openRequest(shop.port, ADDRESS)
    await latch.reached
    leaving.destroy()
    await expect.poll(() => shop.reports.length).toBe(1)
    expect(shop.reports[0]).toMatchObject({ outcome: "refused", code: "busy" })
    const next = shop.get(ADDRESS)
    latch.open()
    expect((await next).status).toBe(200)
  })

  it("a client that disconnects during a large response leaves no file open", async () => {
    const shop = await startServer({ limits: { cacheBytes: 0 } })
    await shop.write("large.png", await noise({ width: 1000, height: 600 }))
    await shop.get("/1280w/large.png")
    await shop.tailor.idle()
    const openFiles = async (): Promise<number> => (await readdir("/proc/self/fd").catch(() => [])).length
    const before = await openFiles()
    for (let time = 0; time < 20; time++) {
      const socket = openRequest(shop.port, "/1280w/large.png")
      await new Promise((done) => socket.once("data", done))
      socket.destroy()
    }
    await expect.poll(openFiles, { timeout: 5000 }).toBeLessThanOrEqual(before + 2)
  })

  it("a client that reads slowly delays no other client, and gets everything in the end", async () => {
    const shop = await startServer()
    await shop.write("large.png", await noise({ width: 1000, height: 600 }))
    await shop.write("shop/a.jpg", await flat())
    const { body } = await shop.get("/1280w/large.png")
    const slow = Array.from({ length: 8 }, () => openRequest(shop.port, "/1280w/large.png").pause())
    for (let time = 0; time < 20; time++) expect((await shop.get(ADDRESS)).status).toBe(200)
    for (const socket of slow) expect(parseResponse(await readAll(socket)).body.equals(body)).toBe(true)
  })

  it("a client that sends several requests on one connection gets the responses in their order", async () => {
    const shop = await startServer()
    await shop.write("shop/a.jpg", await flat())
    const socket = connect(shop.port, "127.0.0.1")
    const request = (target: string, connection: string): string =>
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`
    socket.write(
      request("/480h/absent.jpg", "keep-alive") + request(ADDRESS, "keep-alive") + request("/healthz", "close"),
    )
    const text = (await readAll(socket)).toString("latin1")
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(["404", "200", "200"])
  })
})

describe("waiting requests", () => {
  it("a request that waits longer than the deadline gets 503 with Retry-After, and its rendition is stored all the same", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const renditions = await temporaryFolder()
    const shop = await startServer({
      photos,
      renditions: faultyRenditions(folderRenditions(renditions), on(["put"], latch.hold)),
      limits: { deadlineMs: 1000 },
    })
    await photos.write("shop/a.jpg", await flat())
    const answer = await shop.get(ADDRESS)
    expect(answer.status).toBe(503)
    expect(answer.headers).toMatchObject({ "retry-after": "2", "cache-control": "no-store" })
    expect(answer.text).toContain("busy")
    latch.open()
    await shop.tailor.idle()
    expect(await filesBelow(join(renditions, "files"))).toEqual(["shop/480h/a.jpg"])
    expect((await shop.get(ADDRESS)).status).toBe(200)
  })

  it("a request that waits is refused at once while the queue is full, and answered when it is not", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["get"], latch.hold)),
      limits: { renders: 1, queue: 0 },
    })
    await photos.write("shop/a.jpg", await flat())
    await photos.write("shop/b.jpg", await flat())
    const first = shop.get(ADDRESS)
    await latch.reached
    const refused = await shop.get("/shop/480h/b.jpg")
    expect(refused.status).toBe(503)
    expect(refused.headers).toMatchObject({ "retry-after": "2", "cache-control": "no-store" })
    expect((await shop.get("/healthz")).status).toBe(200)
    latch.open()
    expect((await first).status).toBe(200)
    expect((await shop.get("/shop/480h/b.jpg")).status).toBe(200)
  })

  it("a request that waits for a slow store is answered", async () => {
    const photos = await createPhotos()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), late(30)),
      renditions: faultyRenditions(folderRenditions(await temporaryFolder()), late(30)),
    })
    await photos.write("shop/a.jpg", await flat())
    expect((await shop.get(ADDRESS)).status).toBe(200)
    expect((await shop.get(ADDRESS)).headers["cache-status"]).toBe("imgtailor; hit")
  })

  it("a request that waits for a failing store gets 502 that is not cached, and only the log has the cause", async () => {
    const photos = await createPhotos()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["head"], failing)),
    })
    const answer = await shop.get(ADDRESS)
    expect(answer.status).toBe(502)
    expect(answer.headers["cache-control"]).toBe("no-store")
    expect(answer.text).toContain("store-unavailable")
    expect(answer.text).not.toContain("secret detail")
    expect(shop.reports[0]?.cause).toMatchObject({ message: expect.stringContaining("secret detail") as string })
  })
})

describe("many requests", () => {
  it("two hundred different concurrent requests each get their own picture", async () => {
    const shop = await startServer({ sizes: ["60x40", "50w", "30h"], limits: { renders: 3 } })
    const colours = Array.from({ length: 12 }, (_, at): Colour => [
      (at % 4) * 70 + 20,
      Math.floor(at / 4) * 90 + 20,
      60,
    ])
    await Promise.all(
      colours.map(async (colour, at) =>
        shop.write(`${at}.png`, await flat({ width: 90, height: 60, colour, format: "png" })),
      ),
    )
    const wanted = Array.from({ length: 200 }, (_, at) => ({
      at: (at * 7) % colours.length,
      target: `/${["60x40", "50w", "30h"][at % 3]}/${(at * 7) % colours.length}.png${["", ".webp"][at % 2]}`,
    }))
    const answers = await Promise.all(wanted.map(({ target }) => shop.get(target)))
    for (const [at, { status, body }] of answers.entries()) {
      expect(status).toBe(200)
      expect(await isColour(body, colours[wanted[at]?.at ?? 0] ?? RED), `for ${wanted[at]?.target}`).toBe(true)
    }
    expect((await shop.stored()).length).toBe(new Set(wanted.map(({ target }) => target)).size)
  })
})

describe("shutdown", () => {
  it("a server that ends answers running requests, accepts no new connection, and is closed after the last response", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["get"], latch.hold)),
    })
    await photos.write("shop/a.jpg", await flat())
    // On a connection that would be kept open for further requests.
    const running = openRequest(shop.port, ADDRESS, { headers: { connection: "keep-alive" } })
    await latch.reached
    let isClosed = false
    const closed = closeServer(shop.server, 10_000).then(() => (isClosed = true))
    // Connections that arrive in the same moment are still accepted.
    await expect
      .poll(() => send(shop.port, "/healthz").then(String, ({ code }: NodeJS.ErrnoException) => code))
      .toBe("ECONNREFUSED")
    expect(isClosed).toBe(false)
    latch.open()
    expect(parseResponse(await readAll(running)).status).toBe(200)
    await closed
    await shop.tailor.idle()
    expect(await shop.stored()).toEqual(["shop/480h/a.jpg"])
  })

  it("a server that ends does not wait for connections without a request, new or used before", async () => {
    const shop = await startServer()
    await shop.write("shop/a.jpg", await flat())
    const unused = connect(shop.port, "127.0.0.1")
    await new Promise((done) => unused.once("connect", done))
    const used = openRequest(shop.port, ADDRESS, { headers: { connection: "keep-alive" } })
    await new Promise((done) => used.once("data", done))
    await expect(closeServer(shop.server, 3_600_000)).resolves.toBeUndefined()
    await Promise.all([readAll(unused), readAll(used)])
  }, 4000)

  it("a server that ends ends requests that are not done within its grace period", async () => {
    const photos = await createPhotos()
    const latch = createLatch()
    const shop = await startServer({
      photos,
      originals: faultyOriginals(folderOriginals(photos.folder), on(["get"], latch.hold)),
    })
    await photos.write("shop/a.jpg", await flat())
    const running = openRequest(shop.port, ADDRESS)
    running.on("error", () => {})
    await latch.reached
    await closeServer(shop.server, 50)
    expect((await readAll(running).catch(() => Buffer.alloc(0))).length).toBe(0)
    expect(shop.server.address() as AddressInfo | null).toBeNull()
    latch.open()
  })
})

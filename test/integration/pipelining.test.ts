/** Clients that send requests before the answers to earlier ones: each is answered, in order, and none of them takes more than one does. */
import { readdirSync, readlinkSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it, onTestFinished } from "vitest"

import { flat, noise } from "../support/photos.ts"
import { parseResponse, readAll, type RunningServer, startServer } from "../support/server.ts"

const ADDRESS = "/1280w/large.png"

/** A server with a rendition that is sent from the disk. */
const startShop = async (): Promise<RunningServer> => {
  const shop = await startServer({ limits: { cacheBytes: 0 } })
  await shop.write("large.png", await noise({ width: 1000, height: 600 }))
  await shop.write("small.jpg", await flat({ width: 40, height: 30 }))
  await shop.get(ADDRESS)
  return shop
}

/** A connection on which all of that was asked, and nothing is read yet. */
const askAtOnce = (port: number, addresses: readonly string[]): Socket => {
  const socket = connect(port, "127.0.0.1").pause()
  onTestFinished(() => void socket.destroy())
  socket.write(
    addresses
      .map((address, at) => {
        const last = at === addresses.length - 1 ? "connection: close\r\n" : ""
        return `GET ${address} HTTP/1.1\r\nhost: a\r\n${last}\r\n`
      })
      .join(""),
  )
  return socket
}

/** Files below a folder that this process, and so the server, has open. */
const openBelow = (folder: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  }).length

it.skipIf(process.platform !== "linux")(
  "requests sent at once are answered in order, and have one file open at a time",
  async () => {
    const shop = await startShop()
    const large = await shop.get(ADDRESS)
    const small = await shop.get("/480h/small.jpg")
    const socket = askAtOnce(shop.port, Array.from({ length: 15 }, () => [ADDRESS, "/480h/small.jpg"]).flat())
    // What was asked before, and as many answers as the system takes for a client that does not read.
    const before = shop.reports.length
    await sleep(400)
    expect(openBelow(shop.renditions)).toBeLessThanOrEqual(1)
    expect(shop.reports.length - before).toBeLessThan(20)
    const bytes = await readAll(socket)
    let at = 0
    for (let count = 0; count < 30; count++) {
      const { body } = count % 2 === 0 ? large : small
      const start = bytes.indexOf("\r\n\r\n", at) + 4
      const answer = parseResponse(bytes.subarray(at, start + body.length))
      expect({ count, status: answer.status, same: answer.body.equals(body) }).toEqual({
        count,
        status: 200,
        same: true,
      })
      at = start + body.length
    }
    expect(at).toBe(bytes.length)
    await expect.poll(() => openBelow(shop.renditions)).toBe(0)
  },
)

it("requests by the thousand end their connection, and no other", async () => {
  const shop = await startShop()
  const socket = askAtOnce(
    shop.port,
    Array.from({ length: 1000 }, () => ADDRESS),
  )
  const ended = new Promise<string>((resolve) => {
    socket.once("end", () => resolve("closed"))
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""))
  })
  socket.resume()
  expect(await ended).toMatch(/^(?:closed|ECONNRESET)$/)
  expect(shop.reports.length).toBeLessThan(10)
  expect((await shop.get(ADDRESS)).status).toBe(200)
})

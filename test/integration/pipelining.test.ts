/** Clients that send requests before the responses to earlier ones: all are answered in order, and one file is open at a time. */
import { readdirSync, readlinkSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it, onTestFinished } from "vitest"

import { flat, noise } from "../support/photos.ts"
import { parseResponse, readAll, type RunningServer, startServer } from "../support/server.ts"

const URL_PATH = "/1280w/large.png"

/** A server with a rendition that is read from the disk. */
const startShop = async (): Promise<RunningServer> => {
  const shop = await startServer({ limits: { cacheBytes: 0 } })
  await shop.write("large.png", await noise({ width: 1000, height: 600 }))
  await shop.write("small.jpg", await flat({ width: 40, height: 30 }))
  await shop.get(URL_PATH)
  return shop
}

/** A connection on which several requests were sent, and nothing has been read. */
const sendAtOnce = (port: number, paths: readonly string[]): Socket => {
  const socket = connect(port, "127.0.0.1").pause()
  onTestFinished(() => void socket.destroy())
  socket.write(
    paths
      .map((path, index) => {
        const last = index === paths.length - 1 ? "connection: close\r\n" : ""
        return `GET ${path} HTTP/1.1\r\nhost: a\r\n${last}\r\n`
      })
      .join(""),
  )
  return socket
}

/** Number of open files below a folder. The server runs in this process. */
const openBelow = (folder: string): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
    } catch {
      return false
    }
  }).length

it.skipIf(process.platform !== "linux")(
  "pipelined requests are answered in order, with one open file at a time",
  async () => {
    const shop = await startShop()
    const large = await shop.get(URL_PATH)
    const small = await shop.get("/480h/small.jpg")
    const socket = sendAtOnce(shop.port, Array.from({ length: 15 }, () => [URL_PATH, "/480h/small.jpg"]).flat())
    // Earlier requests, and as many responses as the system takes for a client that does not read.
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

it("a thousand pipelined requests end their own connection and no other", async () => {
  const shop = await startShop()
  const socket = sendAtOnce(
    shop.port,
    Array.from({ length: 1000 }, () => URL_PATH),
  )
  const ended = new Promise<string>((resolve) => {
    socket.once("end", () => resolve("closed"))
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? ""))
  })
  socket.resume()
  expect(await ended).toMatch(/^(?:closed|ECONNRESET)$/)
  expect(shop.reports.length).toBeLessThan(10)
  expect((await shop.get(URL_PATH)).status).toBe(200)
})

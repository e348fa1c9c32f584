/** Closing a server: every response that has begun arrives completely, and every request that has arrived is answered. */
import { createServer } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { expect, it, onTestFinished } from "vitest"

import type { Handle } from "../../src/http/handle.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { openRequest, parseResponse, readAll } from "../support/server.ts"

/** More than the buffers of a connection hold. */
const LARGE = Buffer.alloc(8_000_000, "0123456789")
const SMALL = Buffer.from("small")

/** Answers `/large` and `/stream` with {@link LARGE}, and everything else with {@link SMALL}. */
const answerBodies: Handle = async ({ target }) => {
  const bytes = target === "/large" || target === "/stream" ? LARGE : SMALL
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < bytes.length; start += 64_000) yield bytes.subarray(start, start + 64_000)
  }
  return {
    status: 200,
    headers: { "content-type": "text/plain", "content-length": String(bytes.length) },
    body: target === "/stream" ? chunks() : bytes,
    decision: { outcome: "hit", reason: "test", timings: {} },
  }
}

const startServer = async (
  handle: Handle = answerBodies,
): Promise<{ readonly server: ReturnType<typeof createServer>; readonly port: number }> => {
  const server = createNodeServer({ handle })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => closeServer(server, 0))
  return { server, port: (server.address() as AddressInfo).port }
}

/** Everything that a client receives that reads a part every 5 ms. */
const readSlowly = async (socket: Socket): Promise<Buffer> => {
  const chunks: Buffer[] = []
  const ended = new Promise<void>((resolve, reject) => {
    socket.once("end", resolve)
    socket.once("error", reject)
  })
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    socket.pause()
    setTimeout(() => socket.resume(), 5)
  })
  socket.resume()
  await ended
  return Buffer.concat(chunks)
}

it.each([
  ["/large", "keep-alive"],
  ["/large", "close"],
  ["/stream", "keep-alive"],
  ["/stream", "close"],
])("a response to %s with Connection: %s that is being sent arrives completely", async (target, connection) => {
  const { server, port } = await startServer()
  const sockets = Array.from({ length: 4 }, () => openRequest(port, target, { headers: { connection } }).pause())
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.once("readable", done))))
  const received = sockets.map(readSlowly)
  await closeServer(server, 25_000)
  for (const bytes of await Promise.all(received)) expect(parseResponse(bytes).body.equals(LARGE)).toBe(true)
})

it("requests that arrived before the server was closed are answered", async () => {
  const { server, port } = await startServer()
  const sockets = Array.from({ length: 40 }, () => connect(port, "127.0.0.1"))
  await Promise.all(sockets.map((socket) => new Promise((done) => socket.once("connect", done))))
  for (const socket of sockets) socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
  const closed = closeServer(server, 25_000)
  for (const socket of sockets) expect(parseResponse(await readAll(socket)).body).toEqual(SMALL)
  await closed
})

it("requests on open connections are answered with Connection: close while the server is being closed", async () => {
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => (release = resolve))
  const received = new Set<string | undefined>()
  const { server, port } = await startServer(async (request) => {
    if (request.target === "/held") await held
    return answerBodies(request)
  })
  server.on("request", ({ url }) => received.add(url))
  const socket = openRequest(port, "/held", { headers: { connection: "keep-alive" } })
  await expect.poll(() => received).toContain("/held")
  const closed = closeServer(server, 25_000)
  // It first answers requests that arrived already.
  await sleep(50)
  socket.write("GET /second HTTP/1.1\r\nhost: a\r\n\r\n")
  await expect.poll(() => received).toContain("/second")
  release()
  const text = (await readAll(socket)).toString()
  expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
  expect(text.match(/connection: close/gi)).toHaveLength(1)
  await closed
})

it("connections without a request do not delay closing a server", async () => {
  const { server, port } = await startServer()
  const unused = connect(port, "127.0.0.1")
  await new Promise((done) => unused.once("connect", done))
  await closeServer(server, 25_000)
  expect(await readAll(unused).catch(() => Buffer.alloc(0))).toHaveLength(0)
}, 4000)

it("a client that keeps its connection half open delays closing a server by seconds only", async () => {
  const { server, port } = await startServer()
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
  onTestFinished(() => void socket.destroy())
  socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n")
  await new Promise((done) => socket.once("data", done))
  await expect(closeServer(server, 3_600_000)).resolves.toBeUndefined()
}, 12_000)

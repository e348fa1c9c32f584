/**
 * Clients that send slowly, never finish, or never read: each of their connections ends by itself, and other clients notice nothing.
 * The times of the server are shortened. The clients of one kind are connected at the same time.
 */
import type { Server } from "node:http"
import { type AddressInfo, connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import type { Handle } from "../../src/http/handle.ts"
import type { ConnectionTimes } from "../../src/server/connections.ts"
import { connectionLimit, descriptorLimit, descriptorNotice } from "../../src/server/descriptors.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { openRequest, parseResponse, readAll, send } from "../support/server.ts"

/** More than the buffers of a connection hold. */
const LARGE = Buffer.alloc(8_000_000, "0123456789")
const SMALL = Buffer.from("small")

const answerBodies: Handle = async ({ target }) => {
  const body = target === "/large" ? LARGE : SMALL
  return {
    status: 200,
    headers: { "content-type": "text/plain", "content-length": String(body.length) },
    body,
    decision: { outcome: "hit", reason: "test", timings: {} },
  }
}

/** One fifteenth of the usual times, and a speed that a trickling client falls below within a second. */
const TIMES: Partial<ConnectionTimes> = {
  firstRequestMs: 1300,
  nextRequestMs: 1300,
  responseMs: 1000,
  minBytesPerSecond: 100_000_000,
  closingMs: 100,
  lookMs: 100,
}

const startServer = async (
  times: Partial<ConnectionTimes> = TIMES,
  handle: Handle = answerBodies,
): Promise<{ readonly server: Server; readonly port: number }> => {
  const server = createNodeServer({ handle }, { times })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => closeServer(server, 0))
  return { server, port: (server.address() as AddressInfo).port }
}

const GET = "GET / HTTP/1.1\r\nhost: a\r\n"
const GET_LARGE = "GET /large HTTP/1.1\r\nhost: a\r\n\r\n"

/** Writes a text again and again until the connection is gone. */
const repeat = (socket: Socket, text: string): void => {
  const timer = setInterval(() => socket.write(text), 50)
  socket.once("close", () => clearInterval(timer))
}

/** Behaviour of a client once it is connected. */
const KINDS: Readonly<Record<string, (socket: Socket) => void>> = {
  "send nothing": (socket) => void socket.resume(),
  "send headers slowly": (socket) => {
    socket.resume()
    socket.write(GET)
    repeat(socket, "x: y\r\n")
  },
  "send blank lines before the first request": (socket) => {
    socket.resume()
    repeat(socket, "\r\n")
  },
  "send blank lines after a response": (socket) => {
    socket.resume()
    socket.write(`${GET}\r\n`)
    repeat(socket, "\r\n")
  },
  "send the headers of a second request slowly": (socket) => {
    socket.resume()
    socket.write(`${GET}\r\n${GET}`)
    repeat(socket, "x: y\r\n")
  },
  "send a body without end": (socket) => {
    socket.resume()
    socket.write(`${GET}content-length: 1000000000\r\n\r\n`)
    repeat(socket, "x")
  },
  "send chunks without end": (socket) => {
    socket.resume()
    socket.write(`${GET}transfer-encoding: chunked\r\n\r\n`)
    repeat(socket, "1\r\nx\r\n")
  },
  "never read a response": (socket) => {
    socket.pause()
    socket.write(GET_LARGE)
  },
  "read a response a few bytes at a time": (socket) => {
    socket.pause()
    socket.write(GET_LARGE)
    const timer = setInterval(() => socket.read(16), 50)
    socket.once("close", () => clearInterval(timer))
  },
  "stay after a parse error": (socket) => {
    socket.resume()
    socket.write("NOT HTTP\r\n\r\n")
    repeat(socket, "x")
  },
  "stay after CONNECT": (socket) => {
    socket.resume()
    socket.write("CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n")
    repeat(socket, "x")
  },
}

const openSockets = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))

describe("500 clients at once", () => {
  it.each(Object.entries(KINDS))("that %s are disconnected, and other clients are answered", async (_, behave) => {
    const { server, port } = await startServer()
    const before = process.memoryUsage().rss
    let accepted = 0
    server.on("connection", () => (accepted += 1))
    const sockets = Array.from({ length: 500 }, () => {
      // A client that does not end its own side after the server has ended its side.
      const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true })
      socket.on("error", () => {})
      socket.once("connect", () => behave(socket))
      return socket
    })
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    await expect.poll(() => accepted, { timeout: 10_000 }).toBeGreaterThanOrEqual(500)
    for (let count = 0; count < 5; count++) expect((await send(port, "/")).status).toBe(200)
    expect(process.memoryUsage().rss - before).toBeLessThan(400_000_000)
    await expect.poll(() => openSockets(server), { timeout: 15_000, interval: 100 }).toBe(0)
    expect((await send(port, "/")).status).toBe(200)
  })
})

describe("a client that is slow but not too slow", () => {
  it("receives its whole response", async () => {
    const { port } = await startServer({ ...TIMES, minBytesPerSecond: 4000 })
    const socket = openRequest(port, "/large").pause()
    await sleep(1500)
    expect(parseResponse(await readAll(socket)).body.equals(LARGE)).toBe(true)
  })

  it("is not disconnected while its response is prepared", async () => {
    const times = { firstRequestMs: 300, nextRequestMs: 300, responseMs: 300, stalledMs: 200, lookMs: 50 }
    const { port } = await startServer(times, async (request) => {
      await sleep(1000)
      return answerBodies(request)
    })
    expect((await send(port, "/")).status).toBe(200)
  })

  it("gets 408 where its headers take too long", async () => {
    const { port } = await startServer()
    const socket = connect(port, "127.0.0.1")
    socket.write(GET)
    expect(parseResponse(await readAll(socket)).status).toBe(408)
  })
})

describe("a request that is not an ordinary one", () => {
  it("is answered 405 if it is CONNECT", async () => {
    const methods: string[] = []
    const { port } = await startServer(TIMES, async (request) => {
      methods.push(request.method)
      return { ...(await answerBodies(request)), status: 405 }
    })
    const socket = connect(port, "127.0.0.1")
    socket.write("CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n")
    const response = parseResponse(await readAll(socket))
    expect([response.status, response.headers["connection"], methods]).toEqual([405, "close", ["CONNECT"]])
  })

  it("is answered and its connection closed if it has a body", async () => {
    const { port } = await startServer()
    const socket = connect(port, "127.0.0.1")
    socket.write(`${GET}content-length: 5\r\n\r\nabcde`)
    const response = parseResponse(await readAll(socket))
    expect([response.status, response.headers["connection"]]).toEqual([200, "close"])
  })

  it("does not corrupt the response before it if it cannot be parsed", async () => {
    const { port } = await startServer(TIMES, async (request) => {
      await sleep(100)
      return answerBodies(request)
    })
    const socket = connect(port, "127.0.0.1")
    socket.write(`GET /large HTTP/1.1\r\nhost: a\r\n\r\nNOT HTTP\r\n\r\n`)
    const response = parseResponse(await readAll(socket))
    expect(response.status).toBe(200)
    expect(response.body.equals(LARGE)).toBe(true)
  })
})

describe("the limit of connections", () => {
  it("leaves descriptors for one open file per connection", () => {
    expect([64, 256, 1024, 1_048_576].map((limit) => connectionLimit(limit))).toEqual([16, 96, 480, 524_256])
    expect(connectionLimit(Infinity)).toBe(Infinity)
  })

  it.skipIf(process.platform !== "linux")("follows the limit of open files of the process", () => {
    expect(descriptorLimit()).toBeGreaterThan(0)
    expect(connectionLimit()).toBeLessThan(descriptorLimit() ?? 0)
  })

  it("has a notice where fewer than 1024 files may be open", () => {
    expect(descriptorNotice(1024)).toBeUndefined()
    expect(descriptorNotice(256)).toBe(
      "The limit of open files is 256, so at most 96 connections are accepted. Raise it with ulimit -n or LimitNOFILE=.",
    )
  })
})

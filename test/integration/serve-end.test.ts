/** The end of `imgtailor serve`: by every signal, with clients that read slowly, and with logs that cannot be written. */
import { execFileSync, spawn } from "node:child_process"
import { closeSync, openSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import { temporaryFolder } from "../support/folders.ts"
import { flat, noise } from "../support/photos.ts"
import { type ProcessOptions, type ServeProcess, startProcessWith } from "../support/process.ts"
import { createPhotos, openRequest, parseResponse, readAll, send } from "../support/server.ts"

const SMALL = "/60x40/small.jpg"
/** Several megabytes. */
const LARGE = "/1600w/large.png"

const startShop = async (options: ProcessOptions = {}, ...args: readonly string[]): Promise<ServeProcess> => {
  const photos = await createPhotos()
  await photos.write("small.jpg", await flat({ width: 120, height: 80 }))
  await photos.write("large.png", await noise({ width: 1600, height: 900 }))
  const renditions = await temporaryFolder()
  return startProcessWith(options, photos.folder, "--sizes", "60x40,1600w", "--renditions", renditions, ...args)
}

/** A response that is being sent to a client that reads none of it for the moment. */
const openSlowly = async (port: number): Promise<{ readonly socket: Socket; readonly length: number }> => {
  const { headers } = await send(port, LARGE, { method: "HEAD" })
  const socket = openRequest(port, LARGE, { headers: { connection: "keep-alive" } }).pause()
  await new Promise((resolve) => socket.once("readable", resolve))
  return { socket, length: Number(headers["content-length"]) }
}

describe("a signal", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s ends the server after the last byte", async (signal) => {
    const { port, end } = await startShop()
    const { socket, length } = await openSlowly(port)
    const ended = end(signal)
    await sleep(300)
    expect(parseResponse(await readAll(socket)).body.length).toBe(length)
    expect(await ended).toEqual({ code: 0, signal: null })
  })

  it("that comes twice ends the server at once", async () => {
    const { port, kill, end, log } = await startShop()
    const { socket } = await openSlowly(port)
    socket.on("error", () => {})
    kill("SIGTERM")
    // Two signals that come before either is handled are one.
    await expect.poll(log).toContain("Shutting down")
    expect(await end("SIGTERM")).toEqual({ code: null, signal: "SIGKILL" })
  })

  it("makes the server unready at once, while it answers requests for --drain-ms", async () => {
    const { port, kill, end } = await startShop({}, "--drain-ms", "2500")
    expect((await send(port, "/readyz")).status).toBe(200)
    const kept = connect(port, "127.0.0.1")
    kept.write(`GET ${SMALL} HTTP/1.1\r\nhost: a\r\n\r\n`)
    await new Promise((resolve) => kept.once("data", resolve))
    kill("SIGTERM")
    const reason = { status: "not ready", reason: "The server is draining." }
    await expect
      .poll(async () => JSON.parse((await send(port, "/readyz")).text) as unknown, { interval: 20 })
      .toEqual(reason)
    expect((await send(port, "/readyz")).status).toBe(503)
    expect((await send(port, "/healthz")).status).toBe(200)
    expect((await send(port, SMALL)).status).toBe(200)
    await expect
      .poll(() => send(port, SMALL).then(String, ({ code }: NodeJS.ErrnoException) => code))
      .toBe("ECONNREFUSED")
    expect(await end("SIGCONT")).toEqual({ code: 0, signal: null })
  })
})

/** Sends enough requests for several buffers of log lines. */
const sendMany = async (port: number): Promise<void> => {
  for (let round = 0; round < 20; round++)
    await Promise.all(Array.from({ length: 50 }, () => send(port, `/60x40/${"x".repeat(200)}.jpg`)))
  expect((await send(port, SMALL)).status).toBe(200)
}

describe("a log that cannot be written", () => {
  it.skipIf(process.platform !== "linux")("stops no request and no shutdown where its disk is full", async () => {
    const stderr = openSync("/dev/full", "w")
    onTestFinished(() => closeSync(stderr))
    const { port, end } = await startShop({ stderr })
    await sendMany(port)
    const health = JSON.parse((await send(port, "/healthz")).text) as { parts: { log: { droppedLines: number } } }
    expect(health.parts.log.droppedLines).toBeGreaterThan(100)
    expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })

  it.skipIf(process.platform === "win32")("stops no request and no shutdown where its reader has ended", async () => {
    const fifo = join(await temporaryFolder(), "fifo")
    execFileSync("mkfifo", [fifo])
    const reader = spawn("head", ["-1", fifo], { stdio: "ignore" })
    const readerEnded = new Promise((resolve) => reader.once("exit", resolve))
    const stderr = openSync(fifo, "w")
    const { port, end } = await startShop({ stderr }, "--watch")
    closeSync(stderr)
    await readerEnded
    await sendMany(port)
    expect(await end("SIGINT")).toEqual({ code: 0, signal: null })
  })

  it.skipIf(process.platform === "win32")("stops no request and no shutdown where its reader is stopped", async () => {
    const fifo = join(await temporaryFolder(), "fifo")
    execFileSync("mkfifo", [fifo])
    const reader = spawn("cat", [fifo], { stdio: "ignore" })
    onTestFinished(() => void reader.kill("SIGKILL"))
    const stderr = openSync(fifo, "w")
    reader.kill("SIGSTOP")
    const { port, end } = await startShop({ stderr })
    closeSync(stderr)
    await sendMany(port)
    await sendMany(port)
    expect(await end("SIGTERM")).toEqual({ code: 0, signal: null })
  })
})

/**
 * Responsible for a render process: reads requests from descriptor 3, renders with the in-process engine and writes replies.
 *
 * Invariants:
 * - It serves one original at a time.
 * - It opens no path and no socket, except for its own code and its two files in /proc.
 * - It ends when the pipe ends: no render process survives its server, however that ended.
 */
import { writeFileSync } from "node:fs"
import { Socket } from "node:net"

import { codeOf, TailorError } from "../../errors.ts"
import { createReusableMemory, type LentMemory } from "../../reusable-memory.ts"
import type { EngineOriginal } from "../engine.ts"
import { createInProcessEngine } from "../in-process.ts"
import { loadSharp } from "../sharp.ts"
import { unpackAssets } from "../steps/assets.ts"
import { COLLECT_RSS_BYTES, GUARD_INTERVAL_MS, KEPT_BYTES, KEPT_MS } from "./limits.ts"
import { lowerOwnPriority } from "./priority.ts"
import { createFrameReader, type DropPixels, frameHead, type Reply, type Request, type WireError } from "./protocol.ts"

const PIPE = 3

const noop = (): void => {}

const end = (): void => {
  // `process.exit` would wait for renders.
  process.kill(process.pid, "SIGKILL")
}

/** On Linux the kernel ends this process before the server when memory runs out. */
const volunteer = (): void => {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000")
  } catch {
    // Not Linux, or /proc is not mounted.
  }
}

const toWireError = (error: unknown): WireError => {
  if (!(error instanceof Error)) return { message: String(error) }
  const { message, cause } = error
  if (!(error instanceof TailorError)) return { message: error.stack ?? message, code: codeOf(error) }
  const { code, detail, hint } = error
  return { code, message, detail, hint, cause: cause instanceof Error ? cause.message : undefined }
}

let original: EngineOriginal | undefined

/** Memory of the original, which the next one uses again. */
const memory = createReusableMemory({ maxKeptBytes: KEPT_BYTES, idleMs: KEPT_MS })
let lent: LentMemory | undefined

const allocate = (header: unknown, byteLength: number): Buffer => {
  if ((header as Request).type !== "open") return Buffer.allocUnsafeSlow(byteLength)
  lent = memory.lend(byteLength)
  return lent.bytes
}

/** Files of overlays: the configuration names few. */
const assets = new Map<string, Uint8Array>()

const opened = (): EngineOriginal => {
  if (!original) throw new Error("Expected an opened original.")
  return original
}

/** @returns resident memory in bytes. A large original is freed at once, rather than with the next garbage collection. */
const tidyUp = (): number => {
  const rssBytes = process.memoryUsage.rss()
  if (rssBytes <= COLLECT_RSS_BYTES) return rssBytes
  globalThis.gc?.()
  return process.memoryUsage.rss()
}

interface Result {
  readonly value: unknown
  readonly body?: Uint8Array
}

const answer = async (request: Request, body: Uint8Array): Promise<Result> => {
  switch (request.type) {
    case "open": {
      original = await createInProcessEngine(request.limits, (digest) => assets.get(digest)).open(body, {})
      return { value: original.inspected }
    }
    case "digest":
      return { value: await opened().digest() }
    case "decode":
      await opened().decode({ estimateBytes: 0 })
      return { value: true }
    case "render": {
      const { recipe, fromPixels, keepsResized, assets: parts } = request
      for (const [digest, bytes] of unpackAssets({ parts, body })) assets.set(digest, bytes)
      const { bytes, ...rendered } = await opened().render(recipe, { fromPixels, keepsResized, estimateBytes: 0 })
      return { value: rendered, body: bytes }
    }
    case "close":
      original?.close()
      original = undefined
      lent?.release()
      lent = undefined
      return { value: tidyUp() }
  }
}

const EMPTY = new Uint8Array(0)

const send = (socket: Socket, reply: Reply, body: Uint8Array = EMPTY): void => {
  socket.cork()
  socket.write(frameHead(reply, body.length))
  if (body.length > 0) socket.write(body)
  socket.uncork()
}

let running = 0

const serve = async (
  socket: Socket,
  request: Request & { readonly id: number },
  received: Uint8Array,
): Promise<void> => {
  const { id } = request
  running += 1
  try {
    const { value, body } = await answer(request, received)
    send(socket, { type: "done", id, value }, body)
  } catch (error) {
    send(socket, { type: "failed", id, error: toWireError(error) })
  } finally {
    running -= 1
  }
}

/** For systems without /proc. It is late while JavaScript runs, which the parent's clock covers. */
const reportUsage = (socket: Socket): void => {
  setInterval(() => {
    if (running === 0) return
    const { user, system } = process.cpuUsage()
    send(socket, { type: "usage", rssBytes: process.memoryUsage.rss(), cpuMs: (user + system) / 1000 })
  }, GUARD_INTERVAL_MS)
}

const connect = (): Socket => {
  const reader = createFrameReader(({ header, body }) => {
    const request = header as (Request & { readonly id: number }) | DropPixels
    if (request.type === "dropPixels") original?.dropPixels()
    else void serve(socket, request, body)
  }, allocate)
  // Bytes are read to where they are needed, which saves one copy of the original.
  const onread = {
    buffer: () => reader.target(),
    callback: (byteLength: number) => {
      reader.advance(byteLength)
      return true
    },
  }
  const socket = new Socket({ fd: PIPE, readable: true, writable: true, onread } as ConstructorParameters<
    typeof Socket
  >[0])
  socket.on("end", end)
  socket.on("close", end)
  socket.on("error", end)
  return socket
}

// A terminal or a service manager sends these to every process of a group. The server decides when renders end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, noop)
lowerOwnPriority()
volunteer()
const socket = connect()
await loadSharp()
if (process.argv.includes("--report-usage")) reportUsage(socket)
send(socket, { type: "ready", rssBytes: process.memoryUsage.rss() })

// A render process that behaves as its original says: the original is text, `kind argument`. It sends the frames of
// src/render/pool/protocol.ts and decodes nothing.
import { appendFileSync, readFileSync } from "node:fs"
import { Socket } from "node:net"

const socket = new Socket({ fd: 3 })
socket.on("close", () => process.kill(process.pid, "SIGKILL"))
socket.on("error", () => process.kill(process.pid, "SIGKILL"))

const send = (header, body = Buffer.alloc(0)) => {
  const json = Buffer.from(JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32BE(json.length, 0)
  prefix.writeUInt32BE(body.length, 4)
  socket.write(Buffer.concat([prefix, json, body]))
}

const INSPECTED = {
  container: "jpeg",
  format: "jpeg",
  dimensions: { width: 400, height: 300 },
  frames: 1,
  animated: false,
  isAnimation: false,
  hasAlpha: false,
  isGrey: false,
  isTurned: false,
  needsSrgbFirst: false,
  isConverted: false,
  isPrepared: false,
  isLossless: false,
  hasFullChroma: false,
  isProgressive: false,
  channels: 3,
  bytesPerSample: 1,
  samplesPerPixel: 1.5,
  decodedPixels: 120_000,
}

/** Counts the processes that came here, in a file that all of them share. */
const attempt = (path) => {
  appendFileSync(path, "x")
  return readFileSync(path).length
}

const spin = () => {
  for (;;);
}

const kept = []
const grow = (megabytes) => kept.push(Buffer.alloc(megabytes * 1e6, 1))

let original = ""

const render = (id, recipe) => {
  const [kind, argument] = original.split(" ")
  const value = { format: "jpeg", contentType: "text/html", width: 40, height: 30 }
  const answer = () => send({ type: "done", id, value }, Buffer.from(`${original} as ${recipe.box?.width}`))
  const die = () => process.exit(9)
  const KINDS = {
    hang: () => {},
    exit: () => (attempt(argument), die()),
    "exit-once": () => (attempt(argument) === 1 ? die() : answer()),
    "exit-after-answer": () => (answer(), socket.end(die)),
    twice: () => (answer(), answer()),
    other: () => (attempt(argument), send({ type: "done", id: id + 1000, value }, Buffer.from("other"))),
    late: () => setTimeout(answer, Number(argument)),
    invalid: () => send({ type: "done", id, value: { ...value, format: "svg" } }, Buffer.from("<svg>")),
    unknown: () => send({ type: "hello" }),
    oversized: () => socket.write(Buffer.alloc(8, 0xff)),
    "not-json": () => socket.write(Buffer.from([0, 0, 0, 2, 0, 0, 0, 0, 0x7b, 0x78])),
    spin,
    grow: () => (grow(Number(argument)), setTimeout(answer, 1000)),
    fail: () => send({ type: "failed", id, error: { code: "corrupt-original", message: "x", detail: "Damaged." } }),
    bug: () => send({ type: "failed", id, error: { message: "TypeError: x is undefined" } }),
  }
  return (KINDS[kind] ?? answer)()
}

const onRequest = ({ id, type, recipe }, body) => {
  if (type === "open") {
    original = body.toString()
    if (original === "open-exit") process.exit(9)
    if (original === "open-invalid") send({ type: "done", id, value: { ...INSPECTED, frames: "many" } })
    else send({ type: "done", id, value: { ...INSPECTED, byteLength: body.length } })
  } else if (type === "render") {
    render(id, recipe)
  } else if (type === "close") {
    kept.length = 0
    globalThis.gc?.()
    send({ type: "done", id, value: process.memoryUsage.rss() })
  } else if (type === "digest") {
    send({ type: "done", id, value: "0".repeat(64) })
  } else if (type === "decode") {
    send({ type: "done", id, value: true })
  }
}

let received = Buffer.alloc(0)
socket.on("data", (chunk) => {
  received = Buffer.concat([received, chunk])
  while (received.length >= 8) {
    const header = received.readUInt32BE(0)
    const end = 8 + header + received.readUInt32BE(4)
    if (received.length < end) return
    const request = JSON.parse(received.subarray(8, 8 + header).toString())
    const body = received.subarray(8 + header, end)
    received = received.subarray(end)
    onRequest(request, body)
  }
})
send({ type: "ready", rssBytes: process.memoryUsage.rss() })

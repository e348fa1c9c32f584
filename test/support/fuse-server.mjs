/**
 * Responsible for a file system in user space for tests (Linux, root): the files of a backing folder, looked up without regard to case
 * and Unicode normalisation, as on macOS, Windows and SMB. It can stop responding, like a network file system whose server is gone.
 *
 * node fuse-server.mjs <backing folder> <mount point>: prints "mounted", then reads "hang" and "resume" from its input. Ends, and
 * unmounts, when its input ends.
 *
 * The numbers are those of <linux/fuse.h>, version 7.31.
 */
import { spawn, spawnSync } from "node:child_process"
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from "node:fs"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"

const [backing = "", mountPoint = ""] = process.argv.slice(2)

const IN_HEADER = 40
const OUT_HEADER = 16
const ATTRIBUTES = 88
const MAX_WRITE = 131_072
/** Replies that the kernel does not expect. */
const WITHOUT_REPLY = new Set([2, 36, 42])

const device = openSync("/dev/fuse", "r+")
const options = "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other"
const mounted = spawnSync("mount", ["-i", "-t", "fuse", "-o", options, "imgtailor-test", mountPoint], {
  stdio: ["ignore", "inherit", "inherit", device],
})
if (mounted.status !== 0) process.exit(1)

/** Paths of the backing folder, by the id that the kernel knows. */
const paths = new Map([[1n, backing]])
const ids = new Map([[backing, 1n]])
let lastId = 1n

const idOf = (path) => {
  let id = ids.get(path)
  if (id === undefined) {
    id = ++lastId
    ids.set(path, id)
    paths.set(id, path)
  }
  return id
}

const fold = (name) => name.normalize("NFC").toLowerCase()

/** The path of a name, in the spelling of the backing folder; the name itself if nothing is there. */
const find = (parent, name) => {
  const folder = paths.get(parent) ?? ""
  const names = readdirSync(folder)
  return join(folder, names.includes(name) ? name : (names.find((other) => fold(other) === fold(name)) ?? name))
}

const rename = (from, to) => {
  renameSync(from, to)
  for (const [path, id] of ids) {
    if (path !== from && !path.startsWith(`${from}/`)) continue
    const moved = to + path.slice(from.length)
    ids.delete(path)
    ids.set(moved, id)
    paths.set(id, moved)
  }
}

const attributesOf = (stats) => {
  const buffer = Buffer.alloc(ATTRIBUTES)
  const nanoseconds = (ns) => Number(ns % 1_000_000_000n)
  for (const [at, value] of [stats.ino, stats.size, stats.blocks].entries()) buffer.writeBigUInt64LE(value, at * 8)
  for (const [at, ns] of [stats.atimeNs, stats.mtimeNs, stats.ctimeNs].entries()) {
    buffer.writeBigUInt64LE(ns / 1_000_000_000n, 24 + at * 8)
    buffer.writeUInt32LE(nanoseconds(ns), 48 + at * 4)
  }
  const numbers = [stats.mode, stats.nlink, stats.uid, stats.gid, stats.rdev, stats.blksize]
  for (const [at, value] of numbers.entries()) buffer.writeUInt32LE(Number(value) >>> 0, 60 + at * 4)
  return buffer
}

const attributes = (path) => attributesOf(lstatSync(path, { bigint: true }))

/** The reply to a lookup. It is valid for no time, so that the kernel always looks up again. */
const entry = (path) => {
  const found = attributes(path)
  const head = Buffer.alloc(40)
  head.writeBigUInt64LE(idOf(path), 0)
  return Buffer.concat([head, found])
}

const opened = (handle) => {
  const buffer = Buffer.alloc(16)
  buffer.writeBigUInt64LE(BigInt(handle), 0)
  return buffer
}

const textsOf = (buffer) => buffer.toString("utf8").split("\0")

const list = (folder, offset, size) => {
  const entries = [".", "..", ...readdirSync(folder)]
  const chunks = []
  let length = 0
  for (let at = offset; at < entries.length; at++) {
    const name = Buffer.from(entries[at])
    const record = Buffer.alloc(Math.ceil((24 + name.length) / 8) * 8)
    const path = join(folder, entries[at])
    const stats = lstatSync(path, { bigint: true })
    record.writeBigUInt64LE(stats.ino, 0)
    record.writeBigUInt64LE(BigInt(at + 1), 8)
    record.writeUInt32LE(name.length, 16)
    record.writeUInt32LE(Number(stats.mode >> 12n), 20)
    name.copy(record, 24)
    if (length + record.length > size) break
    chunks.push(record)
    length += record.length
  }
  return Buffer.concat(chunks)
}

const renameFrom = (node, newParent, names) => {
  const [from = "", to = ""] = textsOf(names)
  const [source, target] = [find(node, from), find(newParent, to)]
  // On such a file system, a file that is replaced keeps the spelling of its name.
  rename(source, target === source ? join(dirname(source), to) : target)
}

/** Handlers by opcode: from a node and the body of a request to the body of a reply. */
const HANDLERS = {
  // LOOKUP
  1: (node, body) => entry(find(node, textsOf(body)[0])),
  // GETATTR
  3: (node) => Buffer.concat([Buffer.alloc(16), attributes(paths.get(node))]),
  // SETATTR: only the size
  4: (node, body) => {
    const path = paths.get(node)
    if (body.readUInt32LE(0) & 8) truncateSync(path, Number(body.readBigUInt64LE(16)))
    return Buffer.concat([Buffer.alloc(16), attributes(path)])
  },
  // MKDIR
  9: (node, body) => {
    const path = find(node, textsOf(body.subarray(8))[0])
    mkdirSync(path)
    return entry(path)
  },
  // UNLINK
  10: (node, body) => unlinkSync(find(node, textsOf(body)[0])),
  // RMDIR
  11: (node, body) => rmdirSync(find(node, textsOf(body)[0])),
  // RENAME
  12: (node, body) => renameFrom(node, body.readBigUInt64LE(0), body.subarray(8)),
  // OPEN
  14: (node, body) => opened(openSync(paths.get(node), body.readUInt32LE(0) & ~constants.O_CREAT & 3)),
  // READ
  15: (_, body) => {
    const bytes = Buffer.alloc(body.readUInt32LE(16))
    const length = readSync(Number(body.readBigUInt64LE(0)), bytes, 0, bytes.length, Number(body.readBigUInt64LE(8)))
    return bytes.subarray(0, length)
  },
  // WRITE
  16: (_, body) => {
    const [handle, offset] = [Number(body.readBigUInt64LE(0)), Number(body.readBigUInt64LE(8))]
    const reply = Buffer.alloc(8)
    reply.writeUInt32LE(writeSync(handle, body, 40, body.readUInt32LE(16), offset), 0)
    return reply
  },
  // STATFS
  17: () => {
    const reply = Buffer.alloc(80)
    reply.writeUInt32LE(4096, 40)
    reply.writeUInt32LE(255, 44)
    return reply
  },
  // RELEASE
  18: (_, body) => closeSync(Number(body.readBigUInt64LE(0))),
  // FSYNC
  20: (_, body) => fsyncSync(Number(body.readBigUInt64LE(0))),
  // FLUSH
  25: () => {},
  // INIT
  26: (_, body) => {
    const reply = Buffer.alloc(64)
    reply.writeUInt32LE(7, 0)
    reply.writeUInt32LE(31, 4)
    reply.writeUInt32LE(body.readUInt32LE(8), 8)
    reply.writeUInt32LE(MAX_WRITE, 20)
    reply.writeUInt32LE(1, 24)
    return reply
  },
  // OPENDIR
  27: () => opened(0),
  // READDIR
  28: (node, body) => list(paths.get(node), Number(body.readBigUInt64LE(8)), body.readUInt32LE(16)),
  // RELEASEDIR
  29: () => {},
  // ACCESS
  34: () => {},
  // CREATE
  35: (node, body) => {
    const path = find(node, textsOf(body.subarray(16))[0])
    const handle = openSync(path, body.readUInt32LE(0) & 0o3777777, body.readUInt32LE(4))
    return Buffer.concat([entry(path), opened(handle)])
  },
  // RENAME2
  45: (node, body) => renameFrom(node, body.readBigUInt64LE(0), body.subarray(16)),
}

const reply = (unique, error, body = Buffer.alloc(0)) => {
  const head = Buffer.alloc(OUT_HEADER)
  head.writeUInt32LE(OUT_HEADER + body.length, 0)
  head.writeInt32LE(-error, 4)
  head.writeBigUInt64LE(unique, 8)
  try {
    writeSync(device, Buffer.concat([head, body]))
  } catch (error_) {
    // The request was interrupted.
    if (error_.code !== "ENOENT") throw error_
  }
}

const answer = (request) => {
  const opcode = request.readUInt32LE(4)
  if (WITHOUT_REPLY.has(opcode)) return
  const [unique, node] = [request.readBigUInt64LE(8), request.readBigUInt64LE(16)]
  const handler = HANDLERS[opcode]
  if (!handler) return reply(unique, constants.errno.ENOSYS)
  try {
    reply(unique, 0, handler(node, request.subarray(IN_HEADER)) ?? Buffer.alloc(0))
  } catch (error) {
    reply(unique, constants.errno[error.code] ?? constants.errno.EIO)
  }
}

const held = []
let isHanging = false

const readNext = () => {
  read(device, Buffer.alloc(MAX_WRITE + 4096), 0, MAX_WRITE + 4096, null, (error, length, buffer) => {
    // ENODEV: unmounted.
    if (error) return void process.exit(error.code === "ENODEV" ? 0 : 1)
    const request = buffer.subarray(0, length)
    if (isHanging) held.push(request)
    else answer(request)
    readNext()
  })
}
readNext()

const setHanging = (hangs) => {
  isHanging = hangs
  if (!hangs) for (const request of held.splice(0)) answer(request)
}

createInterface({ input: process.stdin })
  .on("line", (line) => setHanging(line === "hang"))
  .on("close", () => {
    setHanging(false)
    // Asynchronous, because unmounting sends requests to this process.
    spawn("umount", ["-l", mountPoint], { stdio: "ignore" }).on("close", () => process.exit(0))
  })
console.log("mounted")

/**
 * Responsible for trials with hostile requests against a real server.
 *
 * Invariants:
 * - Every response is well-formed HTTP, and none is a 500.
 * - The process survives and stays small.
 * - Only originals × sizes × formats and `info` are stored, and no other file is changed.
 */
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { seeded } from "../image/support.ts"
import { type Attack, attack, readAnswers } from "./hostile-requests.ts"
import type { Random } from "./mutate.ts"
import type { Outcome, Part, Run } from "./part.ts"
import { type Served, startServed } from "./served.ts"

const LANES = 24
/** A clean request gets a response within the deadline of the server. */
const TIMEOUT_MS = 35_000
/** The wait for further bytes after a malformed request. */
const QUIET_MS = 300
const MAX_GROWTH_BYTES = 400e6
const CHECK_EVERY = 2000

type Manner = "at once" | "slowly" | "leaves" | "leaves early"

interface Got {
  readonly bytes: Buffer
  /** True if the server closed the connection. */
  readonly isWhole: boolean
}

const mannerOf = (random: Random): Manner => {
  const chance = random()
  if (chance < 0.75) return "at once"
  return chance < 0.85 ? "slowly" : chance < 0.95 ? "leaves" : "leaves early"
}

/** Sends an attack. @returns the bytes of the responses */
const send = (port: number, { bytes, isClean }: Attack, manner: Manner, random: Random): Promise<Got> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    const chunks: Buffer[] = []
    let timer = setTimeout(() => finish(false), TIMEOUT_MS)
    const finish = (isWhole: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ bytes: Buffer.concat(chunks), isWhole })
    }
    const quieten = (): void => {
      if (isClean) return
      clearTimeout(timer)
      timer = setTimeout(() => finish(false), QUIET_MS)
    }
    socket.on("data", (chunk) => {
      chunks.push(chunk)
      quieten()
    })
    socket.once("end", () => finish(true))
    socket.on("error", () => finish(false))
    const write = async (): Promise<void> => {
      if (manner === "slowly") {
        const step = 1 + Math.floor(bytes.length / 8)
        for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
          socket.write(bytes.subarray(at, at + step))
          await sleep(random() * 20)
        }
      } else if (manner === "leaves early") socket.write(bytes.subarray(0, Math.floor(random() * bytes.length)))
      else socket.write(bytes)
      quieten()
      if (!manner.startsWith("leaves")) return
      await sleep(random() * 30)
      finish(false)
    }
    void write()
  })

const show = ({ bytes }: Attack): string => JSON.stringify(bytes.toString("latin1").slice(0, 300))

/** Attacks once. @returns the faults, as text */
const attackOnce = async (served: Served, seed: number, number: number): Promise<readonly string[]> => {
  const random = seeded(Math.imul(seed, 0x9e37_79b1) ^ number)
  const attacked = attack(random)
  const manner = mannerOf(random)
  const { bytes, isWhole } = await send(served.port, attacked, manner, random)
  const { answers, faults } = readAnswers(bytes, attacked.methods, isWhole)
  const isAnswerDue = attacked.isClean && !manner.startsWith("leaves")
  const expected = attacked.methods.length
  const missing = isAnswerDue && answers !== expected ? [`${answers} answers to ${expected} clean requests`] : []
  return [...faults, ...missing].map(
    (fault) => `trial ${number} of seed ${seed}, ${manner}: ${fault}, to ${show(attacked)}`,
  )
}

const run = async ({ count, seed, isOver, say }: Run): Promise<Outcome> => {
  const served = await startServed()
  const broken: string[] = []
  const before = served.memoryBytes()
  let [trials, most] = [0, before]
  const lane = async (): Promise<void> => {
    while (trials < count && !isOver() && served.isAlive()) {
      const number = (trials += 1)
      broken.push(...(await attackOnce(served, seed, number)))
      if (number % CHECK_EVERY !== 0) continue
      most = Math.max(most, served.memoryBytes())
      broken.push(...(await served.misdeeds()))
      say(`${number} connections, ${broken.length} broken`)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  if (!served.isAlive()) return { trials, broken: [...broken, `the process ended: ${served.log().slice(-2000)}`] }
  most = Math.max(most, served.memoryBytes())
  if (most - before > MAX_GROWTH_BYTES) broken.push(`the process grew by ${most - before} bytes`)
  const { code } = await served.end("SIGTERM")
  if (code !== 0) broken.push(`the process ended with ${code}: ${served.log().slice(-2000)}`)
  broken.push(...(await served.misdeeds()))
  return { trials, broken, facts: { "most resident, MB": Math.round(most / 1e6) } }
}

export const requests: Part = {
  name: "requests",
  full: { count: 100_000, seconds: 900 },
  short: { count: 5000, seconds: 12 },
  run,
}

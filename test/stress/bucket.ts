/** Responsible for trials with photos in a bucket that change while they are rendered (see shop.ts), while network and S3 fail at random. */
import { setTimeout as sleep } from "node:timers/promises"

import { onTestFinished } from "vitest"

import { s3Originals, s3Renditions } from "../../src/store/s3/s3.ts"
import { type Fault, type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import type { Part } from "./part.ts"
import { type Ground, playLives } from "./shop.ts"

const AT_ONCE = 8

const BUCKET = "shop"
/** Short, so that a silent server does not take all the time of a run. */
const TIMEOUTS = { idleMs: 700, attemptMs: 1500, callMs: 4000 }
const RETRIES = { attempts: 2, baseMs: 5, longestMs: 30 }

/** Statuses that are right while S3 fails, or while too many requests wait for it. */
const EXCUSED = new Set([502, 503])

const FAULTS: readonly Fault[] = [
  { kind: "silence" },
  { kind: "drip", everyMs: 50 },
  { kind: "cut" },
  { kind: "cut chunks" },
  { kind: "no length" },
  { kind: "reset" },
  { kind: "error", status: 500, code: "InternalError" },
  { kind: "error", status: 503, code: "SlowDown" },
  { kind: "error", status: 429, code: "TooManyRequests" },
  { kind: "page", status: 502 },
  { kind: "tamper" },
]

const METHODS = [undefined, ["GET"], ["PUT"], ["DELETE"]] as const

/** Injects faults until the run is over. */
const injectFaults = async (faulty: FaultyS3, random: () => number, isOver: () => boolean): Promise<void> => {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  while (!isOver()) {
    await sleep(random() * 60)
    if (random() < 0.1) {
      await faulty.close()
      await sleep(random() * 30)
      await faulty.open()
    } else {
      const methods = pick(METHODS)
      faulty.fail(pick(FAULTS), { times: 1 + Math.floor(random() * 6), ...(methods && { methods }) })
    }
  }
  faulty.heal()
}

const openGround = (server: S3Server, endpoint: string, batch: number, isFaulty: boolean): Ground => {
  const place = { bucket: BUCKET, credentials: ROOT }
  const options = { ...place, endpoint, ...(isFaulty && { timeouts: TIMEOUTS, retries: RETRIES }) }
  return {
    originals: s3Originals({ ...options, prefix: `in-${batch}` }),
    renditions: s3Renditions({ ...options, prefix: `out-${batch}` }),
    lookInto: s3Renditions({ ...place, endpoint: server.endpoint, prefix: `out-${batch}` }),
    prepare: async (key, bytes) => () => {
      const name = `in-${batch}/${key}`
      return bytes ? server.putObject(BUCKET, name, bytes) : server.deleteObject(BUCKET, name)
    },
  }
}

export const bucket: Part = {
  name: "bucket",
  full: { count: 400, seconds: 600 },
  short: { count: 16, seconds: 10 },
  run: async ({ count, random, isOver }) => {
    if (versitygw === undefined) return { trials: 0, broken: [], skipped: "versitygw is not installed" }
    const server = await startVersitygw()
    onTestFinished(() => server.stop())
    await server.createBucket(BUCKET)
    const faulty = await startFaultyS3(server.endpoint)
    onTestFinished(() => faulty.close())
    const broken: string[] = []
    const facts: Record<string, number> = {}
    const photos = Array.from({ length: Math.min(AT_ONCE, count) }, (_, at) => `${at}.${at % 2 ? "jpg" : "png"}`)
    let trials = 0
    for (let batch = 0; trials < count && !isOver(); batch++) {
      let isFaulty = batch % 2 === 0
      const faults = isFaulty ? injectFaults(faulty, random, () => !isFaulty) : Promise.resolve()
      const onRest = async (): Promise<void> => {
        isFaulty = false
        await faults
      }
      const ground = openGround(server, faulty.endpoint, batch, isFaulty)
      const excused = isFaulty ? EXCUSED : new Set<number>()
      broken.push(...(await playLives({ random, isOver, ground, photos, excused, onRest, counts: facts })))
      trials += photos.length
    }
    return { trials, broken, facts }
  },
}

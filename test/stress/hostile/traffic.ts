/** Responsible for ordinary traffic beside hostile files: hits and thumbnails at a constant rate, and how long each takes. */
import { Agent, get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"

import { scene } from "../../image/support.ts"

/** A response, complete or not. */
export interface Answered {
  readonly status: number
  readonly bytes: Buffer
  readonly ms: number
}

const agent = new Agent({ keepAlive: true })

/** Sends a request. @throws when the connection breaks */
export const fetchPath = (port: number, path: string): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    const request = get({ port, path, agent, host: "127.0.0.1" }, (response) => {
      const chunks: Buffer[] = []
      response.on("data", (chunk: Buffer) => chunks.push(chunk))
      response.once("error", reject)
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, bytes: Buffer.concat(chunks), ms: performance.now() - start }),
      )
    })
    request.once("error", reject)
  })

const PHOTOS = 12
const WIDTHS = Array.from({ length: 150 }, (_, at) => 200 + at)
const HITS_EACH_SECOND = 40
const THUMBNAILS_EACH_SECOND = 5

/** Sizes that ordinary traffic uses, as text. */
export const TRAFFIC_SIZES: readonly string[] = WIDTHS.map((width) => `${width}w`)

/** Photos of ordinary traffic, by name: each twice, so that a render of one can be compared with one of its copy. */
export const trafficPhotos = async (): Promise<ReadonlyMap<string, Buffer>> => {
  const all = new Map<string, Buffer>()
  for (let number = 0; number < PHOTOS; number++) {
    const bytes = await scene({ width: 1600, height: 1200, grain: 2 + number })
      .jpeg({ quality: 85 })
      .toBuffer()
    all.set(`photo-${number}.jpg`, bytes)
    all.set(`copy-${number}.jpg`, bytes)
  }
  return all
}

/** Pairs of URL paths whose renditions are equal. */
export const EQUAL_PATHS: readonly (readonly [before: string, after: string])[] = Array.from(
  { length: PHOTOS },
  (_, number) => [`/260w/photo-${number}.jpg.webp`, `/260w/copy-${number}.jpg.webp`] as const,
)

/** Durations of requests in milliseconds. */
export interface Durations {
  readonly hits: readonly number[]
  readonly thumbnails: readonly number[]
  /** Requests without a picture. */
  readonly failures: readonly string[]
}

/** Ordinary traffic of one server. A thumbnail is never requested twice. */
export const createTraffic = (port: number) => {
  let next = 0
  const nextPath = (): string => {
    const [width, photo] = [WIDTHS[Math.floor(next / PHOTOS) % WIDTHS.length], next % PHOTOS]
    next += 1
    return `/${width}w/photo-${photo}.jpg`
  }
  const hitPaths = Array.from({ length: PHOTOS }, (_, number) => `/349w/copy-${number}.jpg`)

  return {
    /** Renders the pictures that are hits later. */
    warm: async (): Promise<void> => {
      for (const path of hitPaths) await fetchPath(port, path)
    },
    /** Sends requests at a constant rate until a promise settles. */
    during: async (work: Promise<unknown>): Promise<Durations> => {
      const [hits, thumbnails, failures]: [number[], number[], string[]] = [[], [], []]
      const running = new Set<Promise<void>>()
      const request = (path: string, durations: number[]): void => {
        const answered = fetchPath(port, path).then(
          ({ status, ms, bytes }) => {
            durations.push(ms)
            if (status !== 200) failures.push(`${path} got ${status} ${bytes.toString("latin1", 0, 200)}`)
          },
          (error: unknown) => void failures.push(`${path}: ${String(error)}`),
        )
        running.add(answered)
        void answered.then(() => running.delete(answered))
      }
      const over = new AbortController()
      const end = (): void => over.abort()
      work.then(end, end)
      const start = performance.now()
      for (let tick = 0; !over.signal.aborted; tick++) {
        request(hitPaths[tick % PHOTOS] ?? "", hits)
        if (tick % (HITS_EACH_SECOND / THUMBNAILS_EACH_SECOND) === 0) request(nextPath(), thumbnails)
        await sleep(Math.max(0, start + ((tick + 1) * 1000) / HITS_EACH_SECOND - performance.now()))
      }
      await Promise.all(running)
      return { hits, thumbnails, failures }
    },
  }
}

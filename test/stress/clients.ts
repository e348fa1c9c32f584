/**
 * Responsible for trials with thousands of slow clients: silent connections, requests sent byte by byte, responses that are read slowly or
 * not at all.
 *
 * Invariants:
 * - Other clients get their hits nearly as fast as without them.
 * - Every descriptor is closed after they have left.
 */
import { connect, type Socket } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { send } from "../support/server.ts"
import type { Random } from "./mutate.ts"
import type { Outcome, Part, Run } from "./part.ts"
import { type Served, startServed } from "./served.ts"

/** Concurrent clients. The usual limit of descriptors is 1024 on each side. */
const MOST_CLIENTS = 1000
const HITS = 40
/** A hit may take this many times as long as without the clients, and this much more: the machine has other things to do. */
const SLOWER = 20
const SLACK_MS = 500
const BACK_MS = 5000
/** Descriptors that may come and go by themselves. */
const SPARE = 8

const SMALL = "/48h/a.jpg"
/** Too large for the memory cache: it is sent from the disk. */
const LARGE = "/900w/large.png"
/** Too much for the buffers of a connection, so that a client that does not read stops the writer. */
const pipelined = (path: string): Buffer => Buffer.from(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(40))
const MUCH = pipelined("/90w/large.png")
const TOO_MUCH = pipelined(LARGE)

/** Behaviour of a client after it has connected. */
type Behave = (socket: Socket, random: Random, isGone: () => boolean) => Promise<void>

const KINDS: Readonly<Record<string, Behave>> = {
  // Keeps its connection after one response.
  idle: async (socket) => {
    socket.resume()
    socket.write(`GET ${SMALL} HTTP/1.1\r\nhost: a\r\n\r\n`)
  },
  silent: async () => {},
  // Sends header after header, and never the end.
  loris: async (socket, random, isGone) => {
    socket.write(`GET ${SMALL} HTTP/1.1\r\nhost: a\r\n`)
    while (!isGone()) {
      await sleep(50 + random() * 200)
      socket.write("x: y\r\n")
    }
  },
  // Requests much and reads nothing.
  deaf: async (socket) => {
    socket.pause()
    socket.write(MUCH)
  },
  // The same for a file, so that each client may keep one open.
  greedy: async (socket) => {
    socket.pause()
    socket.write(TOO_MUCH)
  },
  // Reads a little at a time.
  slow: async (socket, random, isGone) => {
    socket.pause()
    socket.write(MUCH)
    while (!isGone()) {
      await sleep(20 + random() * 100)
      socket.read(1024)
    }
  },
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** Durations of hits, one after another, each on its own connection, in milliseconds. */
const timeHits = async ({ port }: Served): Promise<readonly number[]> => {
  const times: number[] = []
  for (let count = 0; count < HITS; count++) {
    const start = performance.now()
    const { status } = await send(port, SMALL)
    if (status !== 200) throw new Error(`Expected a hit, got ${status}`)
    times.push(performance.now() - start)
  }
  return times
}

const arrive = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("error", reject)
    socket.once("connect", () => {
      socket.off("error", reject)
      // The server may close any of these connections.
      socket.on("error", () => {})
      resolve(socket)
    })
  })

/** Waits until the descriptors are closed again. @returns the number that is left */
const leftOver = async (served: Served, before: number): Promise<number> => {
  const end = performance.now() + BACK_MS
  while (served.descriptors() > before + SPARE && performance.now() < end) await sleep(50)
  return served.descriptors() - before
}

interface Round {
  readonly broken: readonly string[]
  readonly slower: number
}

/** Connects clients of one kind, times hits, and disconnects the clients. */
const crowd = async (
  served: Served,
  [kind, behave]: readonly [string, Behave],
  size: number,
  random: Random,
): Promise<Round> => {
  const [alone, before] = [median(await timeHits(served)), served.descriptors()]
  let hasGone = false
  const sockets = await Promise.all(Array.from({ length: size }, () => arrive(served.port)))
  const behaving = sockets.map((socket) => behave(socket, random, () => hasGone || socket.destroyed))
  await sleep(200)
  const times = await timeHits(served)
  const held = served.descriptors() - before
  hasGone = true
  for (const socket of sockets) socket.destroy()
  await Promise.all(behaving)
  const slowest = times.toSorted((a, b) => a - b).at(-3) ?? 0
  const left = await leftOver(served, before)
  const bound = SLOWER * alone + SLACK_MS
  const crowdName = `${size} ${kind} clients`
  return {
    slower: median(times) / alone,
    broken: [
      ...(slowest > bound
        ? [`beside ${crowdName} a hit took ${slowest.toFixed(1)} ms, alone ${alone.toFixed(1)}`]
        : []),
      ...(held > 2 * size + SPARE ? [`${crowdName} held ${held} descriptors`] : []),
      ...(left > SPARE ? [`${left} descriptors were left over from ${crowdName}`] : []),
    ],
  }
}

/** The server gives the head of a request 15 seconds, and checks every 30. */
const CUT_AFTER_MS = 60_000

/** Connects clients that never finish, before all others. @returns a function that lists those that should have been disconnected and are not */
const linger = async (served: Served, random: Random): Promise<() => readonly string[]> => {
  const start = performance.now()
  const kinds = ["silent", "loris"]
  const sockets = await Promise.all(kinds.map(() => arrive(served.port)))
  sockets.forEach((socket, at) => {
    socket.resume()
    void KINDS[kinds[at] ?? ""]?.(socket, random, () => socket.destroyed)
  })
  return () => {
    const left = kinds.filter((_, at) => sockets[at]?.closed === false)
    sockets.forEach((socket) => socket.destroy())
    return performance.now() - start < CUT_AFTER_MS ? [] : left.map((kind) => `a ${kind} client was not disconnected`)
  }
}

const run = async ({ count, random, isOver, say }: Run): Promise<Outcome> => {
  const served = await startServed()
  for (const path of [SMALL, "/90w/large.png", LARGE]) await send(served.port, path)
  const notDisconnected = await linger(served, random)
  const broken: string[] = []
  const facts: Record<string, number> = {}
  let trials = 0
  const kinds = Object.entries(KINDS)
  const share = Math.ceil(count / kinds.length)
  // A trial is a client.
  while (trials < count && !isOver()) {
    for (const [kind, behave] of kinds) {
      // The system buffers the megabytes that a greedy client does not read.
      const size = Math.min(share, kind === "greedy" ? MOST_CLIENTS / 10 : MOST_CLIENTS)
      if (isOver()) break
      const { broken: found, slower } = await crowd(served, [kind, behave], size, random)
      broken.push(...found)
      const fact = `times as slow beside ${kind} clients`
      facts[fact] = Math.max(facts[fact] ?? 0, Math.round(slower * 10) / 10)
      trials += size
      say(`${size} ${kind} clients: a hit takes ${slower.toFixed(1)} times as long`)
    }
  }
  broken.push(...notDisconnected())
  if (!served.isAlive()) broken.push(`the process ended: ${served.log().slice(-2000)}`)
  facts["resident, MB"] = Math.round(served.memoryBytes() / 1e6)
  const { code } = await served.end("SIGTERM")
  if (code !== 0) broken.push(`the process ended with ${code}`)
  return { trials, broken: [...broken, ...(await served.misdeeds())], facts }
}

export const clients: Part = {
  name: "clients",
  full: { count: 50_000, seconds: 600 },
  short: { count: 1800, seconds: 12 },
  run,
}

/**
 * Responsible for trials with `imgtailor serve`, of which a render process and then the server is killed at any moment under load, and
 * which is started again on the same stores.
 *
 * Invariants:
 * - Every response before and after is complete and of a version that existed.
 * - The store holds complete renditions only, no original was touched, and temporary files are removed.
 */
import { readFileSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { onTestFinished } from "vitest"

import { folderRenditions } from "../../src/store/folder.ts"
import { s3Renditions } from "../../src/store/s3/s3.ts"
import { readBody, type Renditions } from "../../src/store/store.ts"
import { launchServe } from "../support/command.ts"
import { filesBelow } from "../support/folders.ts"
import { ensureBuilt } from "../support/process.ts"
import { type RawResponse, send } from "../support/server.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"
import type { Part, Run } from "./part.ts"
import { codeOf, createLedger, formatOf, type Ledger, photoOf } from "./versions.ts"

const PHOTOS = ["a.jpg", "b.png", "c.webp", "d.png"]
const SIZES = ["60x40", "45w"]
const KEYS = PHOTOS.flatMap((photo) => [
  ...SIZES.flatMap((size) => ["", ".webp", ".avif"].map((ending) => ({ photo, key: `${size}/${photo}${ending}` }))),
  { photo, key: `info/${photo}.json` },
])

/** About the time that it takes to render everything. */
const LOAD_MS = 500

/** One of so many crashes is of a process with buckets. */
const BUCKET_EVERY = 12

/** The stores of a killed process and its successor. */
interface Place {
  readonly args: readonly string[]
  readonly renditions: Renditions
  readonly write: (key: string, bytes: Uint8Array) => Promise<unknown>
  /** All originals. */
  readonly read: () => Promise<ReadonlyMap<string, Uint8Array>>
  /** Makes temporary files seem old. @returns their number */
  readonly age: () => Promise<number>
  readonly drafts: () => Promise<readonly string[]>
}

const openFolder = async (root: string): Promise<Place> => {
  const [photos, renditions, aside] = ["photos", "renditions", "aside"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ]
  for (const folder of [photos, renditions, aside]) await mkdir(folder, { recursive: true })
  const tmp = join(renditions, "tmp")
  const drafts = (): Promise<readonly string[]> => readdir(tmp).catch(() => [])
  return {
    args: [photos, "--renditions", renditions],
    renditions: folderRenditions(renditions),
    write: async (key, bytes) => {
      await writeFile(join(aside, key), bytes)
      await rename(join(aside, key), join(photos, key))
    },
    read: async () => {
      const names = await filesBelow(photos)
      return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(photos, name))] as const)))
    },
    age: async () => {
      const names = await drafts()
      const before = new Date(Date.now() - 3_600_000)
      await Promise.all(names.map((name) => utimes(join(tmp, name), before, before)))
      return names.length
    },
    drafts,
  }
}

const openBucket = (server: S3Server): Place => ({
  args: ["s3://shop/in", "--renditions", "s3://shop/out", "--recheck-seconds", "0", "--s3-endpoint", server.endpoint],
  renditions: s3Renditions({ bucket: "shop", prefix: "out", endpoint: server.endpoint, credentials: ROOT }),
  write: (key, bytes) => server.putObject("shop", `in/${key}`, bytes),
  read: async () => {
    const keys = (await server.keysIn("shop")).filter((key) => key.startsWith("in/"))
    const entry = async (key: string): Promise<readonly [string, Uint8Array]> => {
      const response = await server.ask("shop", key)
      return [key.slice("in/".length), new Uint8Array(await response.arrayBuffer())]
    }
    return new Map(await Promise.all(keys.map(entry)))
  },
  age: async () => 0,
  drafts: async () => [],
})

/** A running server. */
interface Started {
  readonly pid: number
  readonly port: number
  readonly kill: () => Promise<unknown>
}

const start = async (place: Place, cwd: string): Promise<Started> => {
  const args = [...place.args, "--sizes", SIZES.join(","), "--formats", "webp,avif"]
  const env = { AWS_ACCESS_KEY_ID: ROOT.accessKeyId, AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey }
  const { pid, url, end } = await launchServe(args, { cwd, env })
  return { pid, port: Number(new URL(url).port), kill: () => end("SIGKILL") }
}

interface Scene {
  readonly place: Place
  readonly ledger: Ledger
  /** The versions that were uploaded last. */
  readonly uploaded: Map<string, Uint8Array>
  readonly broken: string[]
}

const upload = async ({ ledger, place, uploaded }: Scene, photo: string): Promise<void> => {
  const code = ledger.newCode()
  const bytes = await photoOf(code, formatOf(photo))
  await ledger.change(photo, code, () => place.write(photo, bytes))
  uploaded.set(photo, bytes)
}

/** The fault of a complete response, if it has one. */
const judge = async (
  { ledger, broken }: Scene,
  { photo, key }: (typeof KEYS)[number],
  asked: number,
  { status, body }: RawResponse,
): Promise<void> => {
  const code = status === 200 ? await codeOf(body) : undefined
  if (code !== undefined && ledger.wasThere(photo, code, asked, performance.now())) return
  broken.push(`${key} was answered ${status} with version ${code}; there was ${ledger.describe(photo, asked)}`)
}

const askFor = async (scene: Scene, port: number, wanted: (typeof KEYS)[number], mayFail: boolean): Promise<void> => {
  const asked = performance.now()
  const response = await send(port, `/${wanted.key}`).catch((error: unknown) => {
    if (!mayFail) scene.broken.push(`${wanted.key} was not answered after the start: ${String(error)}`)
  })
  if (response) await judge(scene, wanted, asked, response)
}

/** Requests and uploads until the end. */
const load = async (scene: Scene, port: number, random: Run["random"], isOver: () => boolean): Promise<void> => {
  const client = async (): Promise<void> => {
    while (!isOver()) {
      const wanted = KEYS[Math.floor(random() * KEYS.length)]
      if (wanted) await askFor(scene, port, wanted, true)
    }
  }
  const shop = async (): Promise<void> => {
    while (!isOver()) {
      await sleep(random() * 80)
      if (!isOver()) await upload(scene, PHOTOS[Math.floor(random() * PHOTOS.length)] ?? "")
    }
  }
  await Promise.all([shop(), ...Array.from({ length: 6 }, client)])
}

/** Faults of the stores: renditions that are not complete, and originals that differ from the uploaded ones. */
const inspect = async ({ place, ledger, uploaded, broken }: Scene): Promise<void> => {
  for (const { photo, key } of KEYS) {
    const stored = await place.renditions.get(key)
    const code = stored && (await codeOf(await readBody(stored)))
    if (stored && !(code !== undefined && ledger.wasThere(photo, code, -Infinity, Infinity)))
      broken.push(`${key} is stored and is no picture of ${photo}: ${code}`)
  }
  const originals = await place.read()
  if (originals.size !== uploaded.size) broken.push(`originals are ${[...originals.keys()].join(", ")}`)
  for (const [key, bytes] of uploaded)
    if (!Buffer.from(originals.get(key) ?? []).equals(bytes)) broken.push(`${key} is not what was uploaded`)
}

/** Kills one of the render processes: its renders go on in another one. */
const killChild = ({ pid }: Started, random: Run["random"]): void => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean)
  const child = children[Math.floor(random() * children.length)]
  try {
    if (child !== undefined) process.kill(Number(child), "SIGKILL")
  } catch {
    // It has ended by itself.
  }
}

/** One crash of a running process, and what its successor makes of it. */
const crash = async (scene: Scene, cwd: string, random: Run["random"]): Promise<number> => {
  const { place, broken } = scene
  const first = await start(place, cwd)
  let isDown = false
  const loaded = load(scene, first.port, random, () => isDown)
  const [beforeMs, afterMs] = [random() * LOAD_MS, random() * LOAD_MS]
  await sleep(beforeMs)
  killChild(first, random)
  await sleep(afterMs)
  await first.kill()
  isDown = true
  await loaded
  await inspect(scene)
  const left = await place.age()
  const second = await start(place, cwd)
  await Promise.all(KEYS.map((wanted) => askFor(scene, second.port, wanted, false)))
  if (left > 0 && (await place.drafts()).length > 0) {
    await sleep(1000)
    const still = await place.drafts()
    if (still.length > 0) broken.push(`${still.length} drafts of a killed process are still there`)
  }
  await second.kill()
  await inspect(scene)
  return left
}

export const crashes: Part = {
  name: "crashes",
  full: { count: 300, seconds: 1800 },
  short: { count: 6, seconds: 12 },
  run: async ({ count, random, isOver, say }) => {
    await ensureBuilt()
    const root = await mkdtemp(join(tmpdir(), "imgtailor-stress-"))
    onTestFinished(() => rm(root, { recursive: true, force: true, maxRetries: 5 }))
    const broken: string[] = []
    const sceneOf = async (place: Place): Promise<Scene> => {
      const scene = { place, ledger: createLedger(), uploaded: new Map<string, Uint8Array>(), broken }
      for (const photo of PHOTOS) await upload(scene, photo)
      return scene
    }
    const onFolder = await sceneOf(await openFolder(root))
    const server = versitygw === undefined ? undefined : await startVersitygw()
    if (server) onTestFinished(() => server.stop())
    await server?.createBucket("shop")
    const onBucket = server && (await sceneOf(openBucket(server)))
    const facts = { "of a process on buckets": 0, "drafts left behind": 0 }
    let trials = 0
    for (; trials < count && !isOver(); trials++) {
      const scene = trials % BUCKET_EVERY === 0 && onBucket ? onBucket : onFolder
      if (scene === onBucket) facts["of a process on buckets"] += 1
      facts["drafts left behind"] += await crash(scene, root, random)
      if (trials % 25 === 24) say(`${trials + 1} crashes, ${broken.length} broken`)
    }
    return { trials, broken, facts }
  },
}

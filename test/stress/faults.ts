/**
 * Responsible for trials with failing file systems under a running `serve`: full, read-only, forbidden, missing and crowded ones, and
 * originals that are truncated while they are read.
 *
 * Invariants:
 * - During a fault each request gets a documented response, and no partial rendition is stored.
 * - After it everything is rendered and stored again.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { folderRenditions } from "../../src/store/folder.ts"
import { readBody } from "../../src/store/store.ts"
import { launch, PACKAGE, type Running } from "../support/command.ts"
import { ensureBuilt } from "../support/process.ts"
import { type RawResponse, send } from "../support/server.ts"
import type { Part, Run } from "./part.ts"
import { codeOf, CODES, formatOf, photoOf } from "./versions.ts"

const PHOTOS = ["a.jpg", "b.png", "c.webp"]
const SIZES = ["60x40", "45w"]
const KEYS = PHOTOS.flatMap((photo) => [
  ...SIZES.flatMap((size) => ["", ".webp"].map((ending) => ({ photo, key: `${size}/${photo}${ending}` }))),
  { photo, key: `info/${photo}.json` },
])

/** Root runs the server as this user without privileges, the last one of 16 bits. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const AS_NOBODY = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : []

/** Files in one directory, in long runs. */
const CROWD = 50_000

/** Stores on a file system, and the process that serves them. */
interface Shop {
  readonly random: Run["random"]
  readonly photos: string
  readonly renditions: string
  readonly port: number
  /** Number of files in a crowded directory. */
  readonly crowd: number
  /** Replaces every photo. */
  readonly replace: () => Promise<void>
  readonly versions: Map<string, number>
}

interface Fault {
  readonly name: string
  /** Command in front of the server. @default runs it without privileges */
  readonly by?: readonly string[]
  /** Why the fault cannot be tried here. */
  readonly missing?: () => string | undefined
  /** Prepares the folder of renditions. @returns a function that undoes it */
  readonly prepare?: (renditions: string) => () => void
  /** Causes the fault. @returns a function that ends it */
  readonly harm: (shop: Shop) => Promise<() => unknown>
  /** Statuses that are right during the fault. A 200 has to be the right picture. */
  readonly answers: readonly number[]
  /** Whether everything is stored again after the fault. @default true */
  readonly isStoredAfter?: boolean
}

/** Why a program cannot be run. */
const whyNot = (program: string, ...args: readonly string[]): string | undefined => {
  try {
    execFileSync(program, args, { stdio: "ignore" })
    return undefined
  } catch (error) {
    return String(error).split("\n")[0]
  }
}

const MAIN = join(PACKAGE, "dist", "cli", "main.js")

/** Why no fault can be tried here: root has to be able to run the command as another user. */
const whyNone = (): string | undefined => {
  if (process.platform !== "linux") return "only where file systems are as on Linux"
  return whyNot("env", ...AS_NOBODY, process.execPath, MAIN, "--help")
}

const prlimit = (): string | undefined => whyNot("prlimit", "--version")

const mount = (folder: string, options: string): (() => void) => {
  execFileSync("mount", ["-t", "tmpfs", "-o", `${options},uid=${NOBODY},gid=${NOBODY}`, "imgtailor-stress", folder])
  return () => void execFileSync("umount", ["--lazy", folder])
}

const canMount = (): string | undefined => {
  if (!isRoot) return "only root may mount"
  try {
    const folder = join(tmpdir(), `imgtailor-mount-${process.pid}`)
    mkdirSync(folder)
    try {
      mount(folder, "size=64k")()
    } finally {
      rmSync(folder, { recursive: true })
    }
    return undefined
  } catch (error) {
    return `no file system can be mounted: ${String(error).split("\n")[0]}`
  }
}

/** Leaves so little space that the write fails at another point each time. */
const fill = async ({ renditions, random }: Shop): Promise<() => void> => {
  const filler = join(renditions, "filler")
  const size = 4096
  try {
    for (let at = 0; ; at++) writeFileSync(`${filler}-${at}`, Buffer.alloc(size))
  } catch {
    // Full.
  }
  const fillers = (await readdir(renditions)).filter((name) => name.startsWith("filler"))
  for (const name of fillers.slice(0, Math.floor(random() * 5))) rmSync(join(renditions, name))
  return () => fillers.forEach((name) => rmSync(join(renditions, name), { force: true }))
}

const withMode = (folder: string, mode: number): (() => void) => {
  chmodSync(folder, mode)
  return () => chmodSync(folder, 0o755)
}

/** Truncates and completes originals again and again. */
const truncateOriginals = async ({ photos, versions, random }: Shop): Promise<() => Promise<void>> => {
  const over = new AbortController()
  const pictures = await Promise.all(
    PHOTOS.map(
      async (photo) => [join(photos, photo), await photoOf(versions.get(photo) ?? 0, formatOf(photo))] as const,
    ),
  )
  const cutting = (async () => {
    while (!over.signal.aborted) {
      for (const [path, bytes] of pictures) {
        truncateSync(path, Math.floor(random() * bytes.length))
        await sleep(random() * 3)
        writeFileSync(path, bytes)
      }
      await sleep(random() * 20)
    }
  })()
  return async () => {
    over.abort()
    await cutting
  }
}

/** The server looks at the folder of originals as a whole once a second. */
const untilNoticed = (): Promise<unknown> => sleep(1100)

const FAULTS: readonly Fault[] = [
  {
    name: "a full disk",
    missing: canMount,
    prepare: (folder) => mount(folder, "size=400k"),
    harm: fill,
    answers: [200],
  },
  {
    name: "no inode left",
    missing: canMount,
    prepare: (folder) => mount(folder, "nr_inodes=60"),
    harm: fill,
    answers: [200],
  },
  {
    name: "files of at most 200 bytes",
    missing: prlimit,
    by: ["prlimit", "--fsize=200", ...AS_NOBODY],
    harm: async () => () => {},
    answers: [200],
    isStoredAfter: false,
  },
  {
    name: "renditions in a folder that is read-only",
    harm: async ({ renditions }) => withMode(renditions, 0o555),
    answers: [200],
  },
  {
    name: "renditions on a file system that is read-only",
    missing: canMount,
    prepare: (folder) => mount(folder, "size=4m"),
    harm: async ({ renditions }) => {
      execFileSync("mount", ["-o", "remount,ro", renditions])
      return () => execFileSync("mount", ["-o", "remount,rw", renditions])
    },
    answers: [200],
  },
  {
    name: "renditions in a folder without permissions",
    harm: async ({ renditions }) => withMode(renditions, 0),
    answers: [200],
  },
  {
    name: "originals in a folder without permissions",
    harm: async ({ photos }) => {
      const undo = withMode(photos, 0)
      await untilNoticed()
      return undo
    },
    answers: [200, 502],
  },
  {
    name: "originals that may not be read",
    harm: async ({ photos }) => {
      const undo = PHOTOS.map((photo) => {
        chmodSync(join(photos, photo), 0)
        return () => chmodSync(join(photos, photo), 0o644)
      })
      return () => undo.forEach((one) => one())
    },
    // Stored renditions of this original are sent.
    answers: [200, 404],
  },
  {
    name: "the folder of originals is gone",
    harm: async ({ photos }) => {
      renameSync(photos, `${photos}-away`)
      await untilNoticed()
      return () => renameSync(`${photos}-away`, photos)
    },
    answers: [200, 502],
  },
  {
    name: "the folder of renditions is gone",
    harm: async ({ renditions }) => {
      rmSync(renditions, { recursive: true })
      return () => {}
    },
    answers: [200],
  },
  {
    name: "files instead of the folders of renditions",
    harm: async ({ renditions }) => {
      for (const name of ["files", "records", "tmp"]) {
        rmSync(join(renditions, name), { recursive: true, force: true })
        writeFileSync(join(renditions, name), "")
      }
      return () => ["files", "records", "tmp"].forEach((name) => rmSync(join(renditions, name)))
    },
    answers: [200],
  },
  {
    name: "many files in one directory",
    harm: async ({ photos, crowd }) => {
      for (let at = 0; at < crowd; at++) writeFileSync(join(photos, `${at}.jpg`), "")
      return () => {
        for (let at = 0; at < crowd; at++) rmSync(join(photos, `${at}.jpg`))
      }
    },
    answers: [200],
  },
  { name: "originals that are truncated while they are read", harm: truncateOriginals, answers: [200, 415, 422, 503] },
  {
    name: "few file descriptors",
    missing: prlimit,
    by: ["prlimit", "--nofile=64", ...AS_NOBODY],
    harm: async ({ port }) => {
      const sockets = Array.from({ length: 100 }, () => connect(port, "127.0.0.1").on("error", () => {}))
      await sleep(200)
      return async () => {
        sockets.forEach((socket) => socket.destroy())
        // The server accepts no others before it has closed these.
        await sleep(500)
      }
    },
    // 0: the connection was refused or closed.
    answers: [0, 200, 502, 503],
  },
]

const ask = (port: number, key: string): Promise<RawResponse | undefined> =>
  Promise.race([send(port, `/${key}`), sleep(3000)])
    .then((response) => response ?? undefined)
    .catch(() => undefined)

/** The fault of a picture that was sent, as text. */
const pictureFault = async (
  shop: Shop,
  { photo, key }: (typeof KEYS)[number],
  { body, headers }: RawResponse,
  isHit: boolean,
): Promise<string | undefined> => {
  const code = await codeOf(body)
  const version = shop.versions.get(photo)
  const status = headers["cache-status"] ?? ""
  // While the original cannot be looked at, a stored rendition of its last known version is sent.
  const isRight = status.includes("detail=unverified") ? code !== undefined : code === version
  if (!isRight) return `${key} was answered with ${code}, is ${version}`
  return isHit && status !== "imgtailor; hit" ? `${key} was not stored: ${status}` : undefined
}

/** Requests everything. @returns the wrong responses, as text */
const requestAll = async (shop: Shop, answers: readonly number[], isHit: boolean): Promise<readonly string[]> => {
  const broken = KEYS.map(async (key) => {
    const response = await ask(shop.port, key.key)
    const status = response?.status ?? 0
    if (!answers.includes(status))
      return `${key.key} was answered ${status}: ${response?.text.slice(0, 100).trim() ?? "nothing"}`
    return response && status === 200 ? pictureFault(shop, key, response, isHit) : undefined
  })
  return (await Promise.all(broken)).filter((text) => text !== undefined)
}

/** Faults of the stored files. */
const inspect = async ({ renditions }: Shop): Promise<readonly string[]> => {
  const store = folderRenditions(renditions)
  const broken: string[] = []
  for (const { key } of KEYS) {
    const stored = await store.get(key)
    if (stored && (await codeOf(await readBody(stored))) === undefined) broken.push(`${key} is stored and truncated`)
  }
  const drafts = await readdir(join(renditions, "tmp")).catch(() => [])
  if (drafts.length > 0) broken.push(`${drafts.length} temporary files are left`)
  return broken
}

interface ShopOptions extends Pick<Shop, "random" | "crowd"> {
  readonly root: string
  readonly by: readonly string[]
}

const openShop = async ({ root, random, crowd, by }: ShopOptions): Promise<[Shop, Running]> => {
  const [photos, renditions] = [join(root, "photos"), join(root, "renditions")]
  const versions = new Map<string, number>()
  const replace = async (): Promise<void> => {
    for (const photo of PHOTOS) {
      const code = Math.floor(random() * CODES)
      await writeFile(join(root, "draft"), await photoOf(code, formatOf(photo)))
      if (isRoot) chownSync(join(root, "draft"), NOBODY, NOBODY)
      renameSync(join(root, "draft"), join(photos, photo))
      versions.set(photo, code)
    }
  }
  await replace()
  const settings = ["--sizes", SIZES.join(","), "--formats", "webp", "--cache-bytes", "0", "--port", "0", "--json"]
  const [program = "", ...args] = [
    ...by,
    process.execPath,
    MAIN,
    "serve",
    photos,
    "--renditions",
    renditions,
    ...settings,
  ]
  const running = launch(program, args, { cwd: root })
  const [line] = await running.until(/^\{"url".*\}$/m)
  const { url } = JSON.parse(line) as { url: string }
  return [{ random, photos, renditions, port: Number(new URL(url).port), crowd, replace, versions }, running]
}

interface Tried {
  readonly broken: readonly string[]
  /** Number of renditions that could not be stored, by the log. */
  readonly notStored: number
}

const tryFault = async (fault: Fault, random: Run["random"], crowd: number): Promise<Tried> => {
  const { by = AS_NOBODY, prepare, harm, answers, isStoredAfter = true } = fault
  const root = await mkdtemp(join(tmpdir(), "imgtailor-stress-"))
  const undo: (() => unknown)[] = [() => rm(root, { recursive: true, force: true, maxRetries: 5 })]
  const broken: string[] = []
  let notStored = 0
  try {
    const folders = [root, join(root, "photos"), join(root, "renditions")]
    for (const folder of folders) {
      mkdirSync(folder, { recursive: true })
      if (isRoot) chownSync(folder, NOBODY, NOBODY)
    }
    const unmount = prepare?.(join(root, "renditions"))
    if (unmount) undo.push(unmount)
    const [shop, running] = await openShop({ root, random, crowd, by })
    undo.push(() => running.end("SIGKILL"))
    const isFresh = random() < 0.5
    if (!isFresh) broken.push(...(await requestAll(shop, [200], false)))
    if (random() < 0.85) await shop.replace()
    const heal = await harm(shop)
    for (let round = 0; round < 3; round++)
      broken.push(...(await requestAll(shop, answers, false)).map((text) => `while it lasts, ${text}`))
    await heal()
    broken.push(...(await requestAll(shop, [200], false)).map((text) => `after it, ${text}`))
    broken.push(...(await requestAll(shop, [200], isStoredAfter)).map((text) => `after it, again, ${text}`))
    broken.push(...(await inspect(shop)))
    notStored = running.stderr().split("storeFailure").length - 1
  } finally {
    for (const one of undo.toReversed()) await one()
  }
  return { broken: broken.map((text) => `${fault.name}: ${text}`), notStored }
}

export const faults: Part = {
  name: "faults",
  full: { count: 260, seconds: 900 },
  short: { count: FAULTS.length, seconds: 15 },
  run: async ({ count, random, isOver }) => {
    await ensureBuilt()
    const reason = whyNone()
    if (reason !== undefined) return { trials: 0, broken: [], skipped: reason }
    const reasons = new Map(FAULTS.map((fault) => [fault, fault.missing?.()]))
    const possible = FAULTS.filter((fault) => reasons.get(fault) === undefined)
    const skipped = FAULTS.filter((fault) => !possible.includes(fault)).map(
      (fault) => `${fault.name}: ${reasons.get(fault)}`,
    )
    const broken: string[] = []
    const facts: Record<string, number> = {}
    let trials = 0
    for (; trials < count && !isOver(); trials++) {
      const fault = possible[trials % possible.length]
      if (!fault) continue
      const tried = await tryFault(fault, random, count > FAULTS.length ? CROWD : CROWD / 10)
      broken.push(...tried.broken)
      const what = `not stored for ${fault.name}`
      if (tried.notStored > 0) facts[what] = (facts[what] ?? 0) + tried.notStored
    }
    return { trials, broken, facts, ...(skipped.length > 0 && { skipped: skipped.join("; ") }) }
  },
}

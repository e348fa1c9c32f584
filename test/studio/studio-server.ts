/** Responsible for `imgtailor serve --studio` as a process, on a folder or on a bucket. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { PACKAGE } from "../support/command.ts"
import { type S3Server, startVersitygw } from "../support/versitygw.ts"
import { bytesOf, makeCatalogue } from "./catalogue.ts"

/** One size follows the focal point. */
const CONFIG = {
  sizes: ["360x270", "480h", "640w", "1280w", { size: "300x300", name: "square", gravity: "smart" }],
  exclude: ["secret/**"],
  focalPoints: "focal-points.json",
}

/** A running server. */
export interface StudioServer {
  /** Without a slash at its end. */
  readonly origin: string
  /** With the token as its fragment. */
  readonly studioUrl: string
  /** Both outputs so far. */
  readonly output: () => string
  readonly folder: string
  readonly close: () => Promise<void>
}

export interface StudioOptions {
  readonly store?: "folder" | "bucket"
  /** "pottery" has no hostile names, faults and long folders. @default "all" */
  readonly photos?: "all" | "pottery"
  readonly flags?: readonly string[]
}

const MAIN = join(PACKAGE, "dist/cli/main.js")

interface Place {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly close: () => Promise<void>
}

const startBucket = async (photos: string, keys: readonly string[]): Promise<Place> => {
  const s3: S3Server = await startVersitygw()
  await s3.createBucket("photos")
  await s3.createBucket("renditions")
  for (const key of keys) await s3.putObject("photos", key, await bytesOf(photos, key))
  return {
    flags: ["--originals", "s3://photos", "--renditions", "s3://renditions", "--s3-endpoint", s3.endpoint],
    env: {
      AWS_ACCESS_KEY_ID: s3.keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.keys.secretAccessKey,
      AWS_REGION: "us-east-1",
    },
    close: () => s3.stop(),
  }
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once("exit", done))
  child.kill("SIGKILL")
  await ended
}

/** Starts a server on a free port. */
export const startStudio = async ({
  store = "folder",
  photos: kind = "all",
  flags = ["--studio"],
}: StudioOptions = {}): Promise<StudioServer> => {
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-studio-"))
  const photos = join(folder, "photos")
  const keys = await makeCatalogue(photos, kind === "all")
  const place: Place =
    store === "bucket"
      ? await startBucket(photos, keys)
      : { flags: ["--originals", photos, "--renditions", join(folder, "renditions")], env: {}, close: async () => {} }
  await writeFile(join(folder, "imgtailor.config.json"), JSON.stringify(CONFIG))
  await writeFile(join(folder, CONFIG.focalPoints), "{}")
  const child = spawn(process.execPath, [MAIN, "serve", "--port", "0", ...place.flags, ...flags], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, ...place.env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let output = ""
  const printed = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString()
      if (/ at http\S+\n[^]*Renditions are stored/.test(output)) resolve(output)
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("exit", () => reject(new Error(output)))
  })
  const text = await printed
  return {
    origin: / at (http:\/\/[^\s/]+)/.exec(text)?.[1] ?? "",
    studioUrl: /(http\S+_studio\/\S*)/.exec(text)?.[1] ?? "",
    output: () => output,
    folder,
    close: async () => {
      await end(child)
      await place.close()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

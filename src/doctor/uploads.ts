/**
 * Responsible for probe photos: the only place that writes among originals, and only where the operator named the location for it.
 *
 * Invariants:
 * - Only keys under `imgtailor-doctor-<random>/` are written, and all of them are deleted at the end.
 */
import { randomBytes } from "node:crypto"
import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"

import { badConfig, describeError } from "../errors.ts"
import { asFolder, asRemoteUrl, formsFor } from "../store/registry.ts"
import { type Bucket, openBucket } from "../store/s3/bucket.ts"
import type { S3Options } from "../store/s3/options.ts"
import { parseS3Url } from "../store/s3/place.ts"

/** Writes and deletes probe photos. */
export interface Uploads {
  /** Prefix of every key, with a slash at its end. */
  readonly prefix: string
  /** Writes a photo. @param name below the prefix @returns its key */
  readonly put: (name: string, bytes: Uint8Array) => Promise<string>
  /** Deletes a photo. */
  readonly remove: (name: string) => Promise<void>
  /** Deletes all photos. */
  readonly close: () => Promise<void>
}

type Place = Pick<Uploads, "put" | "remove">

const inFolder = (folder: string, prefix: string): Place => ({
  put: async (name, bytes) => {
    const path = join(folder, prefix, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.part`, bytes)
    await rename(`${path}.part`, path)
    return prefix + name
  },
  remove: (name) => rm(join(folder, prefix, name), { force: true }),
})

const inBucket = ({ client }: Bucket, prefix: string): Place => {
  const send = async (method: "PUT" | "DELETE", name: string, body?: Uint8Array): Promise<void> => {
    const { failure } = await client.send({ method, key: prefix + name, ...(body && { body }) })
    if (failure) throw new Error(`${method} ${client.nameOf(prefix + name)}: ${failure.code || failure.status}`)
  }
  return {
    put: async (name, bytes) => {
      await send("PUT", name, bytes)
      return prefix + name
    },
    remove: (name) => send("DELETE", name),
  }
}

/**
 * Opens a location for probe photos: a folder, or `s3://bucket/prefix`.
 * @throws {bad-config} for any other location
 */
export const openUploads = (location: string, s3: Omit<S3Options, "bucket" | "prefix">): Uploads => {
  const folder = asFolder(location)
  const place = parseS3Url(asRemoteUrl(location) ?? "")
  const prefix = `imgtailor-doctor-${randomBytes(4).toString("hex")}/`
  if (folder === undefined && !place)
    throw badConfig([
      `--upload: Expected a folder or s3://bucket/prefix, got ${JSON.stringify(location)} (${formsFor("originals")}).`,
    ])
  const at = place ? inBucket(openBucket({ ...s3, ...place }), prefix) : inFolder(resolve(folder ?? ""), prefix)
  const names = new Set<string>()
  const pending = new Set<Promise<unknown>>()
  return {
    prefix,
    put: async (name, bytes) => {
      names.add(name)
      const putting = at.put(name, bytes)
      pending.add(putting)
      return putting.finally(() => pending.delete(putting))
    },
    remove: at.remove,
    close: async () => {
      // A check that was ended may still upload.
      await Promise.allSettled(pending)
      const failures: string[] = []
      for (const name of names) await at.remove(name).catch((error: unknown) => failures.push(describeError(error)))
      if (folder !== undefined) await rm(join(resolve(folder), prefix), { recursive: true, force: true })
      if (failures.length > 0) throw new Error(`Probe photos under ${prefix} could not be deleted: ${failures[0]}`)
    },
  }
}

/**
 * Responsible for saving focal points to an object beside the renditions.
 *
 * Invariants:
 * - Nothing is written outside the renditions.
 * - An object that exists and cannot be read is not replaced.
 */
import { createHash } from "node:crypto"

import type { OpenTailor } from "../create-tailor.ts"
import { asRemoteUrl, openOriginals, parseObjectUrl } from "../store/registry.ts"
import { changeFocalText, type FocalChange } from "./focal-entries.ts"

type Config = OpenTailor["config"]

/** The key among the renditions of the object at a URL; undefined for one that is elsewhere. */
export const renditionKeyOf = (url: string, renditions: Config["renditions"]): string | undefined => {
  const root = asRemoteUrl(renditions)
  return root !== undefined && url.startsWith(`${root}/`) ? url.slice(root.length + 1) : undefined
}

const readText = async (url: string, { s3, limits }: Config): Promise<string | undefined> => {
  const parsed = parseObjectUrl(url)
  if (!parsed || "problem" in parsed) throw new TypeError(`Expected the URL of an object, got ${url}`)
  const store = openOriginals(parsed.location, { ...s3, deadlineMs: limits.deadlineMs })
  const object = await store.get(parsed.key)
  if (object) return new TextDecoder().decode(object.bytes)
  if ((await store.isGone?.(parsed.key)) !== true)
    throw new Error(`Expected to read ${url}, but the store does not allow it.`)
  return undefined
}

/**
 * Saves or removes the focal point of an original. The tailor uses it at once.
 * @throws {SyntaxError} the object is no JSON object
 */
export const saveInObject = async (url: string, tailor: OpenTailor, change: FocalChange): Promise<void> => {
  const { config, renditions, focal } = tailor
  const key = renditionKeyOf(url, config.renditions)
  if (key === undefined) throw new TypeError(`Expected an object beside the renditions, got ${url}`)
  const bytes = Buffer.from(changeFocalText(await readText(url, config), url, change))
  const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 32)}"`
  const record = { original: "", version: "", kind: undefined, recipeId: "", etag, modifiedMs: Date.now() }
  await renditions.put(key, bytes, { ...record, contentType: "application/json" }, { cacheControl: "no-cache" })
  await focal?.load({ fresh: true })
}

/** Responsible for the files of overlays on their way to a render process: which ones a recipe needs, and how they travel in one body. */
import type { Recipe } from "../../sizes/recipe.ts"
import type { GetAsset } from "./step.ts"

/** A file in a body. */
export interface AssetPart {
  /** SHA-256, hex. */
  readonly digest: string
  readonly byteLength: number
}

/** Files in one body, one behind the other. */
export interface AssetBody {
  readonly parts: readonly AssetPart[]
  readonly body: Uint8Array
}

const NONE: AssetBody = { parts: [], body: new Uint8Array(0) }

/** The files that a recipe needs. */
export const packAssets = (recipe: Recipe, getAsset: GetAsset): AssetBody => {
  const overlays = (recipe.kind === "image" && recipe.options?.overlay) || []
  const digests = new Set(overlays.flatMap(({ digest }) => digest ?? []))
  const files = [...digests].flatMap((digest) => {
    const bytes = getAsset(digest)
    return bytes ? [{ digest, bytes }] : []
  })
  if (files.length === 0) return NONE
  return {
    parts: files.map(({ digest, bytes }) => ({ digest, byteLength: bytes.length })),
    body: Buffer.concat(files.map(({ bytes }) => bytes)),
  }
}

/** Takes a body apart. */
export const unpackAssets = ({ parts, body }: AssetBody): ReadonlyMap<string, Uint8Array> => {
  const files = new Map<string, Uint8Array>()
  let at = 0
  for (const { digest, byteLength } of parts) {
    files.set(digest, body.subarray(at, at + byteLength))
    at += byteLength
  }
  return files
}

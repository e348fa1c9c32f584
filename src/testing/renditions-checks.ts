/** What the cases of the contract of renditions are made of: a bench to work at, and checks that say what was found. */
import assert from "node:assert/strict"

import { isOpenBody, readBody, type RenditionMeta, type RenditionObject, type Renditions } from "../store/store.ts"
import { freshDirectory, inOrder, patterned } from "./samples.ts"

/** One behaviour that every store of renditions must have. */
export interface RenditionsCase {
  /** A sentence that says what holds. */
  readonly name: string
  /** @throws an `AssertionError` where the store behaves otherwise */
  readonly run: (store: Renditions) => Promise<void>
}

/** What a case works with: a store, and keys in a directory of its own. */
export interface Bench {
  readonly store: Renditions
  readonly key: (name: string) => string
  /** Stores under a key that is removed when the case has ended. */
  readonly put: (key: string, bytes: Uint8Array, meta: RenditionMeta) => Promise<void>
}

/** A record like no other name's. */
export const metaOf = (name: string): RenditionMeta => ({
  original: `shop/${name}`,
  version: `"${name}" of today`,
  kind: "jpeg",
  recipeId: "recipe1",
  etag: `"${Buffer.from(name).toString("hex").slice(0, 64)}"`,
  contentType: "image/webp",
  modifiedMs: 1_700_000_000_000,
})

/** A case under a name: it gets its bench, and what it stored is removed. */
export const behaviour = (name: string, check: (bench: Bench) => Promise<void>): RenditionsCase => ({
  name,
  run: async (store) => {
    const directory = freshDirectory()
    const stored = new Set<string>()
    const put: Bench["put"] = async (key, bytes, meta) => {
      stored.add(key)
      await store.put(key, bytes, meta)
    }
    try {
      await check({ store, key: (file) => `${directory}/360x270/${file}`, put })
    } finally {
      await store.delete([...stored])
    }
  },
})

/** What is stored under a key, which must be there. */
export const got = async (store: Renditions, key: string): Promise<RenditionObject> => {
  const object = await store.get(key)
  assert.ok(object, `Expected an object under ${JSON.stringify(key)}, got undefined`)
  return object
}

/** Compares without printing megabytes where they differ. */
export const assertSameBytes = (actual: Uint8Array, expected: Uint8Array, what: string): void => {
  assert.equal(actual.length, expected.length, `${what}: length`)
  assert.ok(Buffer.from(actual).equals(expected), `${what}: the bytes are others than those stored`)
}

/** Fails unless head and get both find these bytes with this record. */
export const assertHolds = async (
  store: Renditions,
  key: string,
  bytes: Uint8Array,
  meta: RenditionMeta,
): Promise<void> => {
  const head = await store.head(key)
  assert.ok(head, `Expected head of ${JSON.stringify(key)} to find what was stored`)
  assertMeta(head, meta)
  const object = await got(store, key)
  assertMeta(object.meta, meta)
  assert.equal(object.byteLength, bytes.length, "the length that get tells")
  assertSameBytes(await readBody(object), bytes, key)
}

/** A store may record more for its own use; what it was given must come back. */
const assertMeta = (actual: RenditionMeta, expected: RenditionMeta): void => {
  for (const name of Object.keys(expected) as (keyof RenditionMeta)[])
    assert.equal(actual[name], expected[name], `the record's ${name}`)
  for (const name of ["digest", "weakVersion", "isStable"] as const)
    assert.equal(actual[name], expected[name], `the record's ${name}`)
}

/** Fails unless neither head nor get finds anything. */
export const assertAbsent = async (store: Renditions, key: string): Promise<void> => {
  assert.equal(await store.head(key), undefined, `head of ${JSON.stringify(key)}`)
  assert.equal(await store.get(key), undefined, `get of ${JSON.stringify(key)}`)
}

/** Every key under a prefix, in order. */
export const listed = async (store: Renditions, prefix: string): Promise<readonly string[]> => {
  assert.ok(store.list !== undefined)
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return inOrder(keys)
}

/** Some of the bytes of an object. */
export const rangeOf = async (
  { body }: RenditionObject,
  range: { readonly start: number; readonly end: number },
): Promise<Uint8Array> => {
  if (!isOpenBody(body)) return body.subarray(range.start, range.end + 1)
  const chunks: Uint8Array[] = []
  for await (const chunk of body.stream(range)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Which of the versions an object is, by its record; its bytes must be that version's. */
export const assertIsOneOf = async (object: RenditionObject, lengths: readonly number[]): Promise<void> => {
  const at = lengths.findIndex((_, version) => object.meta.etag === metaOf(`version ${version}`).etag)
  assert.notEqual(at, -1, `Expected a record that was put, got ${object.meta.etag}`)
  assertMeta(object.meta, metaOf(`version ${at}`))
  assertSameBytes(await readBody(object), patterned(lengths[at] ?? 0, at), `version ${at}`)
}

/** Responsible for the parts of the contract of renditions: the fixture of a case, and checks with messages. */
import assert from "node:assert/strict"

import { isOpenBody, readBody, type RenditionMeta, type RenditionObject, type Renditions } from "../store/store.ts"
import { freshFolder, inOrder, patterned } from "./samples.ts"

/** One behaviour that every store of renditions must have. */
export interface RenditionsCase {
  /** The behaviour, as a sentence. */
  readonly name: string
  /** @throws an `AssertionError` if the store behaves differently */
  readonly run: (store: Renditions) => Promise<void>
}

/** The fixture of a case: a store, and keys in a folder that no other case uses. */
export interface Fixture {
  readonly store: Renditions
  readonly key: (name: string) => string
  /** Stores a rendition that is removed when the case ends. */
  readonly put: (key: string, bytes: Uint8Array, meta: RenditionMeta) => Promise<void>
}

/** A record that differs for each name. */
export const metaOf = (name: string): RenditionMeta => ({
  original: `shop/${name}`,
  version: `"${name}" of today`,
  kind: "jpeg",
  recipeId: "recipe1",
  etag: `"${Buffer.from(name).toString("hex").slice(0, 64)}"`,
  contentType: "image/webp",
  modifiedMs: 1_700_000_000_000,
})

/** The ETags that `put` returned, by key: those of a store that serves its objects itself, which its records may have instead. */
const ownTags = new WeakMap<Renditions, Map<string, string>>()

/** A case with a fixture; the renditions that it stored are removed. */
export const define = (name: string, check: (fixture: Fixture) => Promise<void>): RenditionsCase => ({
  name,
  run: async (store) => {
    const folder = freshFolder()
    const stored = new Set<string>()
    const tags = new Map<string, string>()
    const put: Fixture["put"] = async (key, bytes, meta) => {
      stored.add(key)
      const result = await store.put(key, bytes, meta)
      if (result) tags.set(key, result.etag)
      else tags.delete(key)
    }
    ownTags.set(store, tags)
    try {
      await check({ store, key: (file) => `${folder}/360x270/${file}`, put })
    } finally {
      await store.delete([...stored])
    }
  },
})

/** The rendition under a key, which must exist. */
export const getPresent = async (store: Renditions, key: string): Promise<RenditionObject> => {
  const object = await store.get(key)
  assert.ok(object, `Expected an object under ${JSON.stringify(key)}, got undefined`)
  return object
}

/** Compares bytes without printing them. */
export const assertSameBytes = (actual: Uint8Array, expected: Uint8Array, what: string): void => {
  assert.equal(actual.length, expected.length, `${what}: length`)
  assert.ok(Buffer.from(actual).equals(expected), `${what}: the bytes differ from those stored`)
}

/** Fails unless head and get find these bytes with this record. */
export const assertHolds = async (
  store: Renditions,
  key: string,
  bytes: Uint8Array,
  meta: RenditionMeta,
): Promise<void> => {
  const own = ownTags.get(store)?.get(key)
  const head = await store.head(key)
  assert.ok(head, `Expected head of ${JSON.stringify(key)} to find the rendition`)
  assertMeta(head, meta, own)
  const object = await getPresent(store, key)
  assertMeta(object.meta, meta, own)
  assert.equal(object.byteLength, bytes.length, "the length that get returns")
  assertSameBytes(await readBody(object), bytes, key)
  const known = store.headSync?.(key)
  if (known) {
    assertMeta(known.meta, meta, own)
    assert.equal(known.byteLength, bytes.length, "the length that headSync returns")
  }
  const held = store.getSync?.(key)
  if (!held) return
  assertMeta(held.meta, meta, own)
  assert.equal(held.byteLength, bytes.length, "the length that getSync returns")
  assertSameBytes(held.body, bytes, key)
}

/** A store may add fields to the record. The given ones must be restored; the ETag may be the store's own. */
const assertMeta = (actual: RenditionMeta, { etag, ...expected }: RenditionMeta, ownTag?: string): void => {
  if (actual.etag !== ownTag) assert.equal(actual.etag, etag, "the record's etag")
  for (const name of Object.keys(expected) as (keyof typeof expected)[])
    assert.equal(actual[name], expected[name], `the record's ${name}`)
  for (const name of ["digest", "weakVersion", "isStable"] as const)
    assert.equal(actual[name], expected[name], `the record's ${name}`)
}

/** Fails if head or get finds anything. */
export const assertAbsent = async (store: Renditions, key: string): Promise<void> => {
  assert.equal(await store.head(key), undefined, `head of ${JSON.stringify(key)}`)
  assert.equal(await store.get(key), undefined, `get of ${JSON.stringify(key)}`)
  assert.equal(store.getSync?.(key), undefined, `getSync of ${JSON.stringify(key)}`)
  assert.equal(store.headSync?.(key), undefined, `headSync of ${JSON.stringify(key)}`)
}

/** Every key under a prefix, sorted. */
export const listed = async (store: Renditions, prefix: string): Promise<readonly string[]> => {
  assert.ok(store.list !== undefined)
  const keys: string[] = []
  for await (const key of store.list(prefix)) keys.push(key)
  return inOrder(keys)
}

/** A range of the bytes of an object. */
export const rangeOf = async (
  { body }: RenditionObject,
  range: { readonly start: number; readonly end: number },
): Promise<Uint8Array> => {
  if (!isOpenBody(body)) return body.subarray(range.start, range.end + 1)
  const chunks: Uint8Array[] = []
  for await (const chunk of body.stream(range)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Fails unless an object is one of the versions, with record and bytes of the same one. */
export const assertIsOneOf = async (object: RenditionObject, lengths: readonly number[]): Promise<void> => {
  const at = lengths.findIndex((_, version) => object.meta.original === metaOf(`version ${version}`).original)
  assert.notEqual(at, -1, `Expected a record that was put, got that of ${object.meta.original}`)
  // Which put returned which ETag is not known while they run.
  const isGiven = lengths.some((_, version) => object.meta.etag === metaOf(`version ${version}`).etag)
  assertMeta(object.meta, metaOf(`version ${at}`), isGiven ? undefined : object.meta.etag)
  assertSameBytes(await readBody(object), patterned(lengths[at] ?? 0, at), `version ${at}`)
}

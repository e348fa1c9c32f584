/** Responsible for the contract of stores of renditions, as a list of cases. */
import assert from "node:assert/strict"

import { closeBody, readBody } from "../store/store.ts"
import {
  assertAbsent,
  assertHolds,
  assertIsOneOf,
  assertSameBytes,
  define,
  getPresent,
  listed,
  metaOf,
  rangeOf,
  type RenditionsCase,
} from "./renditions-checks.ts"
import { AWKWARD_NAMES, inOrder, LARGE, nameOfLength, patterned, readWhile, textBytes } from "./samples.ts"

const BASICS: readonly RenditionsCase[] = [
  define("a rendition that was never stored is undefined", async ({ store, key }) => {
    await assertAbsent(store, key("never.jpg"))
    await assertAbsent(store, key("directory/that/is/not/there.jpg"))
  }),
  define("head and get find a stored rendition with its record, length and bytes", async (fixture) => {
    const { store, key, put } = fixture
    await put(key("a.jpg"), textBytes("bytes of a"), metaOf("a"))
    await assertHolds(store, key("a.jpg"), textBytes("bytes of a"), metaOf("a"))
    await assertAbsent(store, key("b.jpg"))
  }),
  define("optional parts of a record come back, and are gone after a put without them", async (fixture) => {
    const { store, key, put } = fixture
    const meta = { ...metaOf("a"), digest: "0f".repeat(32), weakVersion: '"weak" version', isStable: false }
    await put(key("a.jpg"), textBytes("bytes"), meta)
    await assertHolds(store, key("a.jpg"), textBytes("bytes"), meta)
    await put(key("a.jpg"), textBytes("bytes"), metaOf("a"))
    await assertHolds(store, key("a.jpg"), textBytes("bytes"), metaOf("a"))
  }),
  define("a record without a kind of original comes back without one", async ({ store, key, put }) => {
    await put(key("a.jpg"), textBytes("bytes"), { ...metaOf("a"), kind: undefined })
    await assertHolds(store, key("a.jpg"), textBytes("bytes"), { ...metaOf("a"), kind: undefined })
  }),
  define("an empty rendition is present", async ({ store, key, put }) => {
    await put(key("empty.jpg"), new Uint8Array(), metaOf("empty"))
    await assertHolds(store, key("empty.jpg"), new Uint8Array(), metaOf("empty"))
  }),
  define("the last put wins as a whole, shorter or longer", async ({ store, key, put }) => {
    for (const [at, length] of [2000, 10, 200_000, 0, 3000].entries()) {
      await put(key("a.jpg"), patterned(length, at), metaOf(`version ${at}`))
      await assertHolds(store, key("a.jpg"), patterned(length, at), metaOf(`version ${at}`))
    }
  }),
  define("delete returns the number of existing renditions, and ignores absent keys", async ({ store, key, put }) => {
    await put(key("a.jpg"), textBytes("a"), metaOf("a"))
    await put(key("b.jpg"), textBytes("b"), metaOf("b"))
    assert.equal(await store.delete([key("a.jpg"), key("absent.jpg"), key("no/such/directory.jpg")]), 1)
    await assertAbsent(store, key("a.jpg"))
    await assertHolds(store, key("b.jpg"), textBytes("b"), metaOf("b"))
    assert.equal(await store.delete([key("a.jpg"), key("b.jpg")]), 1)
    assert.equal(await store.delete([key("a.jpg"), key("b.jpg")]), 0)
    assert.equal(await store.delete([]), 0)
  }),
  define("a deleted key can be stored again", async ({ store, key, put }) => {
    await put(key("a.jpg"), textBytes("first"), metaOf("first"))
    await store.delete([key("a.jpg")])
    await put(key("a.jpg"), textBytes("second"), metaOf("second"))
    await assertHolds(store, key("a.jpg"), textBytes("second"), metaOf("second"))
  }),
]

const KEYS: readonly RenditionsCase[] = [
  define("names with unusual characters and similar names stay distinct", async (fixture) => {
    const { store, key, put } = fixture
    await Promise.all(AWKWARD_NAMES.map((name) => put(key(name), textBytes(`bytes of ${name}`), metaOf(name))))
    for (const name of AWKWARD_NAMES) await assertHolds(store, key(name), textBytes(`bytes of ${name}`), metaOf(name))
    const [first, ...rest] = AWKWARD_NAMES.map(key)
    assert.ok(first)
    assert.equal(await store.delete([first]), 1)
    await assertAbsent(store, first)
    assert.equal(await store.delete(rest), rest.length)
  }),
  define("names and keys up to the limits of the store can be stored", async ({ store, key, put }) => {
    // The record of a rendition may add ".json" to its name. URL paths are rejected accordingly.
    const spare = ".json".length
    const { segment, key: whole } = store.keyLimits
    const longName = key(nameOfLength(segment - spare))
    const base = key("")
    const left = whole - spare - Buffer.byteLength(base)
    const depth = Math.floor(left / 100)
    const longKey = `${base}${`${"d".repeat(99)}/`.repeat(depth - 1)}${"f".repeat(left - 100 * (depth - 1))}`
    for (const long of [longName, longKey]) {
      await put(long, textBytes("long"), metaOf("long"))
      await assertHolds(store, long, textBytes("long"), metaOf("long"))
      assert.equal(await store.delete([long]), 1)
    }
  }),
  define("no key reaches outside the store", async ({ store, key }) => {
    const upwards = "../".repeat(40)
    for (const name of [`${upwards}etc/passwd`, `${upwards}etc/hostname`, "..", ".", "", "/", "/etc/passwd"]) {
      await assertAbsent(store, key(name))
      await assertAbsent(store, name)
      assert.equal(await store.delete([key(name)]), 0)
    }
  }),
  define("list, where the store has it, returns every key under a prefix once, and no other key", async (fixture) => {
    const { store, key, put } = fixture
    if (store.list === undefined) return
    const names = ["a.jpg", "a.jpg.webp", "ab.jpg", "deep/er/a.jpg", "café é.jpg", "100%.jpg"]
    for (const name of names) await put(key(name), textBytes(name), metaOf(name))
    assert.deepEqual(await listed(store, key("")), inOrder(names.map(key)))
    assert.deepEqual(
      await listed(store, key("a.jpg")),
      inOrder(["a.jpg", "a.jpg.webp"].map(key)),
      "a prefix may end within a name",
    )
    assert.deepEqual(await listed(store, key("deep/")), [key("deep/er/a.jpg")])
    assert.deepEqual(await listed(store, key("absent/")), [])
    await store.delete([key("a.jpg")])
    assert.deepEqual(await listed(store, key("a.jpg")), [key("a.jpg.webp")])
  }),
]

const LARGE_BODIES: readonly RenditionsCase[] = [
  define("a large rendition is read whole", async ({ store, key, put }) => {
    await put(key("large.jpg"), patterned(LARGE, 1), metaOf("large"))
    await assertHolds(store, key("large.jpg"), patterned(LARGE, 1), metaOf("large"))
  }),
  define("a range of a large rendition can be read, both ends included", async ({ store, key, put }) => {
    const bytes = patterned(LARGE, 2)
    await put(key("large.jpg"), bytes, metaOf("large"))
    const ranges = [
      { start: 0, end: 0 },
      { start: 0, end: LARGE - 1 },
      { start: 65_530, end: 65_541 },
      { start: 500_000, end: 1_200_000 },
      { start: LARGE - 1, end: LARGE - 1 },
    ]
    for (const range of ranges) {
      const part = await rangeOf(await getPresent(store, key("large.jpg")), range)
      assertSameBytes(part, bytes.subarray(range.start, range.end + 1), `bytes ${range.start} to ${range.end}`)
    }
  }),
  define("a large rendition can be closed without being read", async ({ store, key, put }) => {
    await put(key("large.jpg"), patterned(LARGE, 3), metaOf("large"))
    for (let time = 0; time < 20; time++) await closeBody(await getPresent(store, key("large.jpg")))
    await assertHolds(store, key("large.jpg"), patterned(LARGE, 3), metaOf("large"))
  }),
  define("an opened large rendition stays the same while it is replaced and deleted", async (fixture) => {
    const { store, key, put } = fixture
    await put(key("large.jpg"), patterned(LARGE, 4), metaOf("old"))
    const [beforePut, beforeDelete] = [
      await getPresent(store, key("large.jpg")),
      await getPresent(store, key("large.jpg")),
    ]
    await put(key("large.jpg"), patterned(LARGE, 5), metaOf("new"))
    assertSameBytes(await readBody(beforePut), patterned(LARGE, 4), "opened before it was replaced")
    await store.delete([key("large.jpg")])
    assertSameBytes(await readBody(beforeDelete), patterned(LARGE, 4), "opened before it was deleted")
  }),
]

const RACES: readonly RenditionsCase[] = [
  define("one of several concurrent puts of a key remains, whole and with its own record", async (fixture) => {
    const { store, key, put } = fixture
    const lengths = [1000, 50_000, 1000, 1_500_000, 1, 80_000, 1000, 0]
    await Promise.all(lengths.map((length, at) => put(key("a.jpg"), patterned(length, at), metaOf(`version ${at}`))))
    await assertIsOneOf(await getPresent(store, key("a.jpg")), lengths)
  }),
  define("get returns one version whole with its own record while a key is replaced", async (fixture) => {
    const { store, key, put } = fixture
    const lengths = Array.from({ length: 12 }, (_, at) => (at % 3 === 0 ? 1_200_000 : 500 + at))
    await put(key("a.jpg"), patterned(lengths[0] ?? 0, 0), metaOf("version 0"))
    const write = async (): Promise<void> => {
      for (const [at, length] of lengths.entries())
        await put(key("a.jpg"), patterned(length, at), metaOf(`version ${at}`))
    }
    await readWhile(write, async () => {
      const object = await store.get(key("a.jpg"))
      // In a store without transactions, the rendition may be absent for a moment, but never incomplete.
      if (object) await assertIsOneOf(object, lengths)
    })
    const last = lengths.length - 1
    await assertHolds(store, key("a.jpg"), patterned(lengths[last] ?? 0, last), metaOf(`version ${last}`))
  }),
]

/**
 * The behaviours that every store of renditions must have. Each case can run against a store that contains other renditions.
 * @example
 * it.each(renditionsContract)("$name", ({ run }) => run(myRenditions()))
 */
export const renditionsContract: readonly RenditionsCase[] = [...BASICS, ...KEYS, ...LARGE_BODIES, ...RACES]

/** Responsible for the contract of stores of originals, as a list of cases. */
import assert from "node:assert/strict"

import type { OriginalObject, Originals, OriginalStat } from "../store/store.ts"
import { AWKWARD_NAMES, freshFolder, inByteOrder, LARGE, patterned, readWhile, textBytes } from "./samples.ts"

/** A store of originals, and functions that change them, which the store itself does not have. */
export interface OriginalsUnderTest {
  readonly originals: Originals
  /** Creates or replaces an original, whole. Resolves after that. */
  readonly write: (key: string, bytes: Uint8Array) => Promise<void>
  /** Removes an original. Resolves after that. */
  readonly remove: (key: string) => Promise<void>
}

/** One behaviour that every store of originals must have. */
export interface OriginalsCase {
  /** The behaviour, as a sentence. */
  readonly name: string
  /** @throws an `AssertionError` if the store behaves differently */
  readonly run: (subject: OriginalsUnderTest) => Promise<void>
}

interface Fixture extends OriginalsUnderTest {
  readonly key: (name: string) => string
}

const define = (name: string, check: (fixture: Fixture) => Promise<void>): OriginalsCase => ({
  name,
  run: async ({ originals, write, remove }) => {
    const folder = freshFolder()
    const written = new Set<string>()
    try {
      await check({
        originals,
        key: (file) => `${folder}/${file}`,
        write: async (key, bytes) => {
          written.add(key)
          await write(key, bytes)
        },
        remove: async (key) => {
          written.delete(key)
          await remove(key)
        },
      })
    } finally {
      for (const key of written) await remove(key)
    }
  },
})

const getPresent = async (originals: Originals, key: string): Promise<OriginalObject> => {
  const object = await originals.get(key)
  assert.ok(object, `Expected an original ${JSON.stringify(key)}, got undefined`)
  return object
}

const assertStat = (stat: OriginalStat | undefined, bytes: number): void => {
  assert.ok(stat, "Expected a stat, got undefined")
  assert.equal(stat.byteLength, bytes, "the length in the stat")
  assert.equal(typeof stat.version, "string")
  assert.notEqual(stat.version, "")
  assert.equal(typeof stat.isStable, "boolean")
}

const assertHolds = async (originals: Originals, key: string, bytes: Uint8Array): Promise<void> => {
  assertStat(await originals.head(key), bytes.length)
  const object = await getPresent(originals, key)
  assertStat(object.stat, bytes.length)
  assert.ok(Buffer.from(object.bytes).equals(bytes), `${key}: the bytes differ from those written`)
  const stat = originals.headSync?.(key)
  if (stat) assertStat(stat, bytes.length)
}

const assertAbsent = async (originals: Originals, key: string): Promise<void> => {
  assert.equal(await originals.head(key), undefined, `head of ${JSON.stringify(key)}`)
  assert.equal(await originals.get(key), undefined, `get of ${JSON.stringify(key)}`)
  assert.equal(originals.headSync?.(key), undefined, `headSync of ${JSON.stringify(key)}`)
}

/** Equal versions are allowed only while the store reports them as not stable. */
const assertDistinguished = (before: OriginalStat, after: OriginalStat, what: string): void => {
  const isDistinguished = before.version !== after.version || (!before.isStable && !after.isStable)
  assert.ok(isDistinguished, `${what}: the bytes changed, but the stable version ${before.version} did not`)
}

const READING: readonly OriginalsCase[] = [
  define("an original that does not exist is undefined", async ({ originals, key }) => {
    await assertAbsent(originals, key("never.jpg"))
    await assertAbsent(originals, key("no/such/directory/a.jpg"))
  }),
  define("head and get find an original with its length and bytes", async ({ originals, key, write }) => {
    await write(key("a.jpg"), textBytes("bytes of a"))
    await assertHolds(originals, key("a.jpg"), textBytes("bytes of a"))
  }),
  define("an empty original is present", async ({ originals, key, write }) => {
    await write(key("empty.jpg"), new Uint8Array())
    await assertHolds(originals, key("empty.jpg"), new Uint8Array())
  }),
  define("a large original is read whole", async ({ originals, key, write }) => {
    await write(key("large.jpg"), patterned(LARGE, 1))
    await assertHolds(originals, key("large.jpg"), patterned(LARGE, 1))
  }),
  define("get rejects an original larger than maxBytes with original-too-large", async ({ originals, key, write }) => {
    await write(key("a.jpg"), patterned(1000, 1))
    await assert.rejects(originals.get(key("a.jpg"), { maxBytes: 999 }), { code: "original-too-large" })
    const object = await originals.get(key("a.jpg"), { maxBytes: 1000 })
    assert.equal(object?.bytes.length, 1000)
    assert.equal(await originals.get(key("absent.jpg"), { maxBytes: 1 }), undefined)
  }),
  define("names with unusual characters and similar names stay distinct", async (fixture) => {
    const { originals, key, write } = fixture
    for (const name of AWKWARD_NAMES) await write(key(name), textBytes(`bytes of ${name}`))
    for (const name of AWKWARD_NAMES) await assertHolds(originals, key(name), textBytes(`bytes of ${name}`))
  }),
  define("a folder is absent, and so is a key below a file", async ({ originals, key, write }) => {
    await write(key("deep/er/a.jpg"), textBytes("a"))
    for (const name of ["deep", "deep/", "deep/er", "deep/er/", "deep/er/a.jpg/b.jpg", "deep/er/a.jpg/"])
      await assertAbsent(originals, key(name))
  }),
  define("no key reaches outside the store", async ({ originals, key, write }) => {
    await write(key("a.jpg"), textBytes("a"))
    const upwards = "../".repeat(40)
    for (const name of [`${upwards}etc/passwd`, `${upwards}etc/hostname`, "..", ".", "", "/", "/etc/passwd"]) {
      await assertAbsent(originals, key(name))
      await assertAbsent(originals, name)
    }
  }),
]

const CHANGING: readonly OriginalsCase[] = [
  define(
    "the version stays the same while nothing changes, and head and get agree",
    async ({ originals, key, write }) => {
      await write(key("a.jpg"), textBytes("a"))
      await write(key("b.jpg"), textBytes("b"))
      const first = await originals.head(key("a.jpg"))
      await write(key("b.jpg"), textBytes("another b"))
      assert.equal((await getPresent(originals, key("a.jpg"))).stat.version, first?.version)
      assert.equal((await originals.head(key("a.jpg")))?.version, first?.version)
    },
  ),
  define("the version changes whenever the bytes change, or is not stable", async (fixture) => {
    const { originals, key, write } = fixture
    let before: OriginalStat | undefined
    for (const text of ["first", "fir5t", "third, which is longer", "4th", "4tH", "first"]) {
      await write(key("a.jpg"), textBytes(text))
      const { stat, bytes } = await getPresent(originals, key("a.jpg"))
      assert.equal(Buffer.from(bytes).toString(), text)
      if (before) assertDistinguished(before, stat, text)
      before = stat
    }
  }),
  define("a removed original is absent at once, and present once it is written again", async (fixture) => {
    const { originals, key, write, remove } = fixture
    await write(key("a.jpg"), textBytes("first"))
    const { stat: before } = await getPresent(originals, key("a.jpg"))
    await remove(key("a.jpg"))
    await assertAbsent(originals, key("a.jpg"))
    await write(key("a.jpg"), textBytes("secnd"))
    await assertHolds(originals, key("a.jpg"), textBytes("secnd"))
    assertDistinguished(before, (await getPresent(originals, key("a.jpg"))).stat, "removed and written again")
  }),
  define("get returns the bytes and the stat of one version, also while the original is replaced", async (fixture) => {
    const { originals, key } = fixture
    const versions = Array.from({ length: 12 }, (_, at) => patterned(40_000 + 37 * at, at))
    await fixture.write(key("a.jpg"), versions[0] ?? new Uint8Array())
    const write = async (): Promise<void> => {
      for (const version of versions) {
        await fixture.write(key("a.jpg"), version)
        await new Promise((done) => setImmediate(done))
      }
    }
    await readWhile(write, async () => {
      const { stat, bytes } = await getPresent(originals, key("a.jpg"))
      assert.equal(stat.byteLength, bytes.length)
      const isWhole = versions.some((version) => Buffer.from(bytes).equals(version))
      assert.ok(isWhole, "Expected the bytes of one version, got a mixture of two")
    })
  }),
]

const listed = async (originals: Originals, prefix: string, after?: string): Promise<readonly string[]> => {
  const keys: string[] = []
  for await (const key of originals.list(prefix, { after })) keys.push(key)
  return keys
}

/** Names whose order differs between file systems, JavaScript strings and UTF-8: folders beside files, and letters beyond U+FFFF. */
const NAMES_TO_LIST: readonly string[] = [
  "a.jpg",
  "a/b.jpg",
  "a/b/c.jpg",
  "a/b.jpg.webp",
  "a-b.jpg",
  "a0.jpg",
  "A.jpg",
  "ab/deep/er/a.jpg",
  "100%.jpg",
  "café é.jpg",
  "\u{ff61}.jpg",
  "\u{1f3fa}.jpg",
]

const LISTING: readonly OriginalsCase[] = [
  define("list gives every key under a prefix once, ordered by UTF-8 bytes, and no other key", async (fixture) => {
    const { originals, key, write } = fixture
    for (const name of NAMES_TO_LIST) await write(key(name), textBytes(name))
    const all = inByteOrder(NAMES_TO_LIST.map(key))
    assert.deepEqual(await listed(originals, key("")), all)
    for (const prefix of ["a", "a/", "a/b", "a/b/", "ab/deep/", "100%", "absent", "absent/", "a.jpg/"])
      assert.deepEqual(
        await listed(originals, key(prefix)),
        all.filter((name) => name.startsWith(key(prefix))),
        `keys that start with ${JSON.stringify(prefix)}`,
      )
  }),
  define("list continues after any key, present or not", async ({ originals, key, write }) => {
    for (const name of NAMES_TO_LIST) await write(key(name), textBytes(name))
    const all = inByteOrder(NAMES_TO_LIST.map(key))
    for (const after of [...all, key("a"), key("a/"), key("a/b/zzz"), key("zzz"), key("!")])
      assert.deepEqual(
        await listed(originals, key(""), after),
        all.filter((name) => inByteOrder([name, after])[1] === name && name !== after),
        `keys after ${JSON.stringify(after)}`,
      )
    assert.deepEqual(await listed(originals, key("a/"), key("a/b.jpg")), [key("a/b.jpg.webp"), key("a/b/c.jpg")])
  }),
  define(
    "list with isShallow names each key directly under a prefix, and every other one by its folder",
    async (fixture) => {
      const { originals, key, write } = fixture
      for (const name of ["a.jpg", "b/1.jpg", "b/2.jpg", "b/c/3.jpg", "b.jpg", "d/4.jpg"])
        await write(key(name), textBytes("x"))
      const found: string[] = []
      for await (const one of originals.list(key(""), { isShallow: true })) found.push(one)
      // A store may list all keys instead.
      const folderOf = (one: string): string => {
        const slash = one.indexOf("/", key("").length)
        return slash < 0 ? one : one.slice(0, slash + 1)
      }
      const expected = [key("a.jpg"), key("b.jpg"), key("b/"), key("d/")]
      assert.deepEqual([...new Set(found.map(folderOf))], expected)
      assert.deepEqual(found, inByteOrder(found))
    },
  ),
  define("list notices removed originals", async ({ originals, key, write, remove }) => {
    for (const name of ["a.jpg", "b.jpg"]) await write(key(name), textBytes(name))
    await remove(key("a.jpg"))
    assert.deepEqual(await listed(originals, key("")), [key("b.jpg")])
  }),
  define("list of a prefix outside the store is empty", async ({ originals, key, write }) => {
    await write(key("a.jpg"), textBytes("a"))
    for (const prefix of ["../", `${"../".repeat(40)}etc/`, "/etc/", "a.jpg/../"])
      assert.deepEqual(await listed(originals, key(prefix)), [], JSON.stringify(prefix))
  }),
]

/**
 * The behaviours that every store of originals must have. Each case can run against a store that contains other originals.
 * @example
 * it.each(originalsContract)("$name", ({ run }) => run({ originals: myOriginals(), write: upload, remove: deleteObject }))
 */
export const originalsContract: readonly OriginalsCase[] = [...READING, ...CHANGING, ...LISTING]

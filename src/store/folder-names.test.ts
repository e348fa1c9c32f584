import { mkdir, symlink } from "node:fs/promises"
import { join } from "node:path"

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { temporaryFolder } from "../../test/support/folders.ts"
import { escapeName, ignoresCase, unescapeName } from "./folder-names.ts"

describe("escapeName and unescapeName", () => {
  it.each([
    ["shop/480h/mug.jpg", "shop/480h/mug.jpg"],
    ["shop/480h/Mug.JPG", "shop/480h/^4dug.^4a^50^47"],
    ["a^b.jpg", "a^5eb.jpg"],
    ["caf\u{e9}.jpg", "caf^c3^a9.jpg"],
    ["cafe\u{301}.jpg", "cafe^cc^81.jpg"],
    ["\u{1f3fa}.jpg", "^f0^9f^8f^ba.jpg"],
  ])("escapeName(%s) is %s, and unescapeName restores it", (key, name) => {
    expect(escapeName(key)).toBe(name)
    expect(unescapeName(name)).toBe(key)
  })

  it("escapeName gives different keys names that differ by more than case and normalisation", () => {
    const key = fc.string({
      unit: fc.constantFrom("a", "A", "^", "4", "1", "\u{e9}", "e\u{301}", "\u{c9}", "\u{131}", "\u{1f3fa}"),
    })
    const fold = (text: string): string => text.normalize("NFC").toLowerCase()
    fc.assert(
      fc.property(key, key, (a, b) => {
        expect(unescapeName(escapeName(a))).toBe(a)
        expect(fold(escapeName(a)) === fold(escapeName(b))).toBe(a === b)
      }),
    )
  })

  it.each(["Mug.jpg", "caf\u{e9}.jpg", "a^b.jpg", "a^zz.jpg", "^61.jpg", "^4D.jpg", "^ff.jpg"])(
    "unescapeName(%s) is undefined",
    (name) => {
      expect(unescapeName(name)).toBeUndefined()
    },
  )
})

describe("ignoresCase", () => {
  it("ignoresCase is undefined for a missing folder, and true if the name in capitals is the same folder", async () => {
    const folder = await temporaryFolder()
    expect(ignoresCase(join(folder, "records"))).toBeUndefined()
    await mkdir(join(folder, "records"))
    expect(ignoresCase(join(folder, "records"))).toBe(false)
    await symlink("records", join(folder, "RECORDS"))
    expect(ignoresCase(join(folder, "records"))).toBe(true)
  })
})

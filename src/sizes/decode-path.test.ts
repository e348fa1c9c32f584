/** Tests of decoding and encoding URL paths: which paths are rejected before any meaning is read, and one canonical spelling for each key. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { originalKeys, parse } from "../../test/support/keys.ts"
import { decodePath } from "./decode-path.ts"
import { encodeKey, splitKey } from "./key.ts"

describe("decodePath", () => {
  it.each<[string, string, readonly string[]]>([
    ["a space", "/480h/a%20b.jpg", ["480h", "a b.jpg"]],
    ["a raw plus, which stays a plus", "/480h/a+b.jpg", ["480h", "a+b.jpg"]],
    ["an escaped plus", "/480h/a%2Bb.jpg", ["480h", "a+b.jpg"]],
    ["a percent sign", "/480h/100%25.jpg", ["480h", "100%.jpg"]],
    ["an escaped escape, only once", "/480h/50%2525off.jpg", ["480h", "50%25off.jpg"]],
    ["an escaped escaped slash, which is not a separator", "/480h/a%252Fb.jpg", ["480h", "a%2Fb.jpg"]],
    ["an escaped dot segment, which is a name", "/480h/%252e%252e", ["480h", "%2e%2e"]],
    ["a hash and a question mark", "/480h/a%23b%3F.jpg", ["480h", "a#b?.jpg"]],
    ["lower-case escapes", "/480h/%e4%b8%ad.jpg", ["480h", "中.jpg"]],
    ["raw Unicode", "/480h/中.jpg", ["480h", "中.jpg"]],
    ["an emoji", "/480h/%F0%9F%98%80.jpg", ["480h", "😀.jpg"]],
    ["sub-delimiters, raw", "/480h/!$&'()*+,;=:@.jpg", ["480h", "!$&'()*+,;=:@.jpg"]],
    ["brackets", "/480h/test%20[1].jpg", ["480h", "test [1].jpg"]],
    ["dots that are no dot segments", "/.../480h/..a", ["...", "480h", "..a"]],
    ["the root, which has none", "/", []],
    ["a composed letter", "/480h/%C3%A9.jpg", ["480h", "\u00e9.jpg"]],
    ["a decomposed letter, unchanged", "/480h/e%CC%81.jpg", ["480h", "e\u0301.jpg"]],
  ])("decodePath decodes %s", (_, path, segments) => {
    expect(decodePath(path)).toEqual(segments)
  })

  it.each([
    ["no slash at the start", "480h/a.jpg"],
    ["nothing", ""],
    ["an empty segment at the start", "//480h/a.jpg"],
    ["an empty segment within", "/a//480h/a.jpg"],
    ["an empty segment at the end", "/480h/"],
    ["a dot segment", "/./480h/a.jpg"],
    ["two dots", "/../480h/a.jpg"],
    ["two dots at the end", "/480h/.."],
    ["escaped dots", "/%2e%2e/480h/a.jpg"],
    ["half escaped dots", "/.%2E/480h/a.jpg"],
    ["an escaped slash", "/480h/a%2Fb.jpg"],
    ["an escaped slash in lower case", "/480h/..%2f..%2fetc%2fpasswd"],
    ["a segment that is an escaped slash", "/480h/%2F"],
    ["a backslash", "/480h/..\\a.jpg"],
    ["an escaped backslash", "/480h/..%5ca.jpg"],
    ["NUL", "/480h/a.jpg%00.png"],
    ["a raw NUL", "/480h/a\0.jpg"],
    ["a line break", "/480h/a%0d%0aset-cookie:x"],
    ["a tab", "/480h/a%09.jpg"],
    ["DEL", "/480h/a%7F.jpg"],
    ["a C1 control character", "/480h/a%C2%85.jpg"],
    ["a lone percent sign", "/480h/100%.jpg"],
    ["a percent sign at the end", "/480h/a%"],
    ["half an escape", "/480h/a%2"],
    ["an escape that is not hexadecimal", "/480h/a%im.jpg"],
    ["a byte that is never UTF-8", "/480h/%ff.jpg"],
    ["a truncated UTF-8 sequence", "/480h/%E4%B8.jpg"],
    ["an overlong slash", "/480h/%c0%af.jpg"],
    ["overlong dots", "/%c0%ae%c0%ae/480h/a.jpg"],
    ["an encoded surrogate", "/480h/%ed%a0%80.jpg"],
    ["Latin-1", "/480h/caf%E9.jpg"],
  ])("decodePath rejects %s", (_, path) => {
    expect(decodePath(path)).toMatchObject({ refused: "bad-url" })
  })

  it.each([
    ["a leading half", "/480h/\ud800.jpg"],
    ["a trailing half", "/\udc00/480h/a.jpg"],
    ["two halves in the wrong order", "/480h/\udc00\ud800.jpg"],
  ])("decodePath rejects malformed Unicode: %s of a surrogate pair", (_, path) => {
    expect(decodePath(path)).toMatchObject({ refused: "bad-url" })
  })

  it("decodePath is the inverse of encodeKey", () => {
    fc.assert(
      fc.property(originalKeys, (original) => {
        expect(decodePath(`/${encodeKey(original)}`)).toEqual(original.split("/"))
      }),
      { numRuns: 500 },
    )
  })

  it("decodePath distinguishes composed and decomposed letters", () => {
    expect(decodePath(`/${encodeKey("480h/\u00e9.jpg")}`)).not.toEqual(decodePath(`/${encodeKey("480h/e\u0301.jpg")}`))
  })
})

describe("encodeKey", () => {
  it.each([
    ["a b+c.jpg", "a%20b%2Bc.jpg"],
    ["100%.jpg", "100%25.jpg"],
    ["50%25off.jpg", "50%2525off.jpg"],
    ["a%2Fb.jpg", "a%252Fb.jpg"],
    ["foo bär's (2).jpg", "foo%20b%C3%A4r%27s%20%282%29.jpg"],
    ["!*'()~-._.jpg", "%21%2A%27%28%29~-._.jpg"],
    ["a/b c/d", "a/b%20c/d"],
    ["#?&=:@;,$[]", "%23%3F%26%3D%3A%40%3B%2C%24%5B%5D"],
    ["😀", "%F0%9F%98%80"],
  ])("encodeKey encodes %s as %s", (text, encoded) => {
    expect(encodeKey(text)).toBe(encoded)
  })

  it("encodeKey leaves only unreserved characters and slashes, with upper-case escapes", () => {
    fc.assert(
      fc.property(fc.oneof(originalKeys, fc.string({ unit: "binary" })), (text) => {
        expect(encodeKey(text)).toMatch(/^(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*$/)
      }),
    )
  })

  it("encodeKey returns the same text for all spellings of a URL", () => {
    const canonical = (path: string): string | undefined => {
      const parsed = parse(path)
      return "refused" in parsed ? undefined : encodeKey(parsed.key)
    }
    expect(canonical("/%34%38%30h/foo%20b%c3%a4r's%20(2).jpg")).toBe(canonical("/480h/foo bär%27s %282%29.jpg"))
    fc.assert(
      fc.property(originalKeys, fc.infiniteStream(fc.boolean()), (original, coins) => {
        const escapeSome = (text: string): string =>
          Array.from(text, (character) =>
            coins.next().value || !/^[A-Za-z0-9._~!$&'()*+,;=:@-]$/.test(character)
              ? encodeURIComponent(character).replace(
                  /^[^%]$/,
                  (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
                )
              : character,
          ).join("")
        const { directory, file } = splitKey(original)
        const path = `/${`${directory}480h/${file}`.split("/").map(escapeSome).join("/")}`
        expect(canonical(path)).toBe(encodeKey(`${directory}480h/${file}`))
      }),
    )
  })
})

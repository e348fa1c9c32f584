/** Tests of the formats that pages request: each of them is what the server would send for a base URL, and no other is. */
import * as fc from "fast-check"
import { expect, it } from "vitest"

import { type Format, FORMATS } from "./format.ts"
import { formatsOf } from "./key.ts"
import { negotiate } from "./negotiate.ts"
import { pageFormats } from "./page-formats.ts"

const formats = fc.subarray<Format>([...FORMATS])
const sizes = fc.record({ formats }, { requiredKeys: [] })
const files = fc
  .tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.constantFrom("jpg", "jpeg", "PNG", "webp", "avif", "gif", "tiff", "txt"))
  .map((parts) => parts.join("."))

it("pages use the base URL, and an explicit format exactly where negotiation can choose it", () => {
  fc.assert(
    fc.property(sizes, files, formats, (size, file, listed) => {
      const chosen = FORMATS.filter(
        (format) => negotiate(`image/${format}`, file, formatsOf(size, { formats: listed })) === format,
      )
      const [base, ...explicit] = pageFormats(size, file, { formats: listed })
      expect(base).toBeUndefined()
      expect(new Set(explicit)).toEqual(new Set(chosen))
    }),
  )
})

it("a size with a forced format has this one alone", () => {
  fc.assert(
    fc.property(fc.constantFrom(...FORMATS), sizes, files, formats, (format, size, file, listed) => {
      expect(pageFormats({ ...size, format }, file, { formats: listed })).toEqual([format])
    }),
  )
})

/** The text of an explanation: lengths are readable next to the limit of a unit. */
import { expect, it } from "vitest"

import { formatExplanation } from "./format.ts"

it.each([
  [999, "999 B"],
  [1000, "1.0 kB"],
  [999_999, "1000 kB"],
  [1_000_000, "1.0 MB"],
])("a limit of %i bytes is printed as %s", (limit, text) => {
  const plain = (part: string): string => part
  const lines = formatExplanation(
    {
      input: "mug.jpg",
      kind: "original",
      summary: "The original exists.",
      limits: [{ setting: "limits.bytes", description: "", limit, value: limit, unit: "bytes", isExceeded: false }],
    },
    { bold: plain, dim: plain },
  ).split("\n")
  expect(lines.at(-1)).toBe(`  limits.bytes  ${text} of ${text}`)
})

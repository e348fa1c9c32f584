/** Responsible for a list of sizes as text: sizes between commas or line breaks, and objects in JSON for sizes with options. */
import type { SizeInput } from "../../../sizes/size-input.ts"

/** The list, or the first mistake of its form. Sizes themselves are checked by the server. */
export type ParsedSizes = { readonly sizes: readonly SizeInput[] } | { readonly mistake: string }

const parseEntry = (text: string): SizeInput => {
  if (!text.startsWith("{")) return text
  const value: unknown = JSON.parse(text)
  return value as SizeInput
}

/**
 * @example
 * parseSizes('360x270, 640w\n{ "size": "200x200", "name": "thumb" }') // { sizes: ["360x270", "640w", { … }] }
 */
export const parseSizes = (text: string): ParsedSizes => {
  const entries = text
    .split("\n")
    .map((line) => line.trim().replace(/,$/, ""))
    .flatMap((line) => (line.startsWith("{") ? [line] : line.split(",")))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
  const sizes: SizeInput[] = []
  for (const entry of entries) {
    try {
      sizes.push(parseEntry(entry))
    } catch {
      return { mistake: `Expected a size like 360x270, or an object in JSON on one line, got ${entry}` }
    }
  }
  return sizes.length > 0 ? { sizes } : { mistake: "Type at least one size, like 360x270" }
}

/** The inverse of {@link parseSizes}: plain sizes on one line, each object on its own. */
export const formatSizes = (sizes: readonly SizeInput[]): string => {
  const plain = sizes.filter((size) => typeof size === "string")
  const others = sizes.filter((size) => typeof size !== "string").map((size) => JSON.stringify(size))
  return [...(plain.length > 0 ? [plain.join(", ")] : []), ...others].join("\n")
}

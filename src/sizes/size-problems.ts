/** Responsible for the mistakes in one entry of a size list: each with a sentence that has the expected and the actual value. */
import { optionsOf, problemInCombination } from "./option-rules.ts"
import { type NamedSizeInput, type Problem, type SizeInput, toNamed } from "./size-input.ts"
import { isSizeName, isSizeSegment } from "./size-names.ts"
import { STRATEGIES } from "./size-option-types.ts"
import { type OptionProblem, problemInOptions, toSizeOptions } from "./size-options.ts"
import { type Box, formatSize, GRAVITIES, guessSize, MAX_SIDE, parseSize } from "./size.ts"

/** Directives separated by commas, as in RFC 9111 §5.2. */
const DIRECTIVES = /^[\w-]+(?:=(?:[\w-]+|"[ !#-[\]-~]*"))?(?: *, *[\w-]+(?:=(?:[\w-]+|"[ !#-[\]-~]*"))?)*$/
const WITHOUT_SECONDS = /(?:^|, *)(?:max-age|s-maxage|stale-while-revalidate|stale-if-error)(?!=\d+ *(?:,|$))/i

/** True for a valid `Cache-Control` header, such as `public, max-age=3600`. */
export const isCacheControl = (text: string): boolean => DIRECTIVES.test(text) && !WITHOUT_SECONDS.test(text)

const ALL_GRAVITIES: readonly string[] = [...GRAVITIES, ...STRATEGIES]

const problemInSize = (size: string): string => {
  // A side of 0 does not tell which one was intended.
  const guess = /(?:^|\D)0+(?:\D|$)/.test(size) ? undefined : guessSize(size)
  return `Expected a size like 360x270, 1280w or 480h, each side 1 to ${MAX_SIDE}, got ${JSON.stringify(size)}.${guess ? ` Did you mean ${formatSize(guess)}?` : ""}`
}

const problemInAliases = (aliases: readonly string[] | undefined): OptionProblem | undefined => {
  if (aliases === undefined) return undefined
  const message = `Expected a list of former names and sizes, like ["cards", "300x225"], got ${JSON.stringify(aliases)}.`
  return Array.isArray(aliases) && aliases.every((alias) => typeof alias === "string" && isSizeSegment(alias))
    ? undefined
    : { path: ["aliases"], message }
}

/** Mistakes that do not concern the size itself: the first of them. */
const problemInNamed = (input: NamedSizeInput, box: Box): OptionProblem | undefined => {
  const { name, gravity = "center", cacheControl, aliases } = input
  if (name !== undefined && !isSizeName(name)) {
    const message = `Expected a name of a to z, 0 to 9 and hyphens, starting with a letter, at most 32 long and not "info", got ${JSON.stringify(name)}.`
    return { path: ["name"], message }
  }
  if (!ALL_GRAVITIES.includes(gravity)) {
    const message = `Expected one of ${ALL_GRAVITIES.join(", ")}, got ${JSON.stringify(gravity)}.`
    return { path: ["gravity"], message }
  }
  if (cacheControl !== undefined && !isCacheControl(cacheControl)) {
    const message = `Expected Cache-Control directives separated by commas, like public, max-age=3600, got ${JSON.stringify(cacheControl)}.`
    return { path: ["cacheControl"], message }
  }
  const problem = problemInAliases(aliases) ?? problemInOptions(input)
  if (problem) return problem
  const optioned = { ...box, gravity, ...toSizeOptions(input) }
  const options = name === undefined ? optionsOf(input) : []
  if (options.length > 0) {
    const message = `Expected a name beside ${options.join(", ")}, like name: "thumb". To keep URLs with ${input.size} working, add aliases: ["${input.size}"].`
    return { path: ["name"], message }
  }
  return problemInCombination(optioned)
}

/** The first mistake in an entry. */
export const problemIn = (input: SizeInput, at: number): Problem | undefined => {
  const named = toNamed(input)
  const box = parseSize(named.size)
  if (!box) return { path: typeof input === "string" ? [at] : [at, "size"], message: problemInSize(named.size) }
  const problem = problemInNamed(named, box)
  return problem && { path: [at, ...problem.path], message: problem.message }
}

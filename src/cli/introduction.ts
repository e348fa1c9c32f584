/** Responsible for what `serve` prints when it listens: example URLs of existing originals, and an `<img>` tag. */
import type { OpenTailor } from "../create-tailor.ts"
import { describeError } from "../errors.ts"
import { findOriginals } from "../find-originals.ts"
import { encodeKey, formatKey, type OriginalKey } from "../sizes/key.ts"
import { isSourceList } from "../store/sources.ts"
import { bold, cyan, dim, print } from "./output.ts"
import { imageTag } from "./sample.ts"

/** Number of example URLs. */
const SHOWN = 3

/** The output of `serve`. */
export interface Introduction {
  readonly url: string
  readonly urls: readonly string[]
  readonly img: string | undefined
  readonly originals: string
  readonly renditions: string
  /** Why the originals could not be listed. */
  readonly problem: string | undefined
}

/** One URL for each of the first sizes, of existing originals. */
const sampleUrls = ({ core }: OpenTailor, originals: readonly OriginalKey[], base: string): readonly string[] =>
  core.grammar.sizes.slice(0, SHOWN).flatMap((size, at) => {
    const original = originals[at % originals.length]
    return original === undefined ? [] : [`${base}/${encodeKey(formatKey({ original, size, format: size.format }))}`]
  })

const describeLocation = (location: string | { readonly name: string }): string =>
  typeof location === "string" ? location : location.name

const describeOriginals = (originals: OpenTailor["config"]["originals"]): string =>
  isSourceList(originals)
    ? originals.map(({ prefix, location }) => `${prefix || "/"} from ${describeLocation(location)}`).join(", ")
    : describeLocation(originals)

/** Finds some originals. @param url of the server, with its base path */
export const introduce = async (tailor: OpenTailor, url: string): Promise<Introduction> => {
  const { originals, renditions } = tailor.config
  let problem: string | undefined
  const found = await findOriginals(tailor.originals, SHOWN).catch((error: unknown) => {
    // A bucket that may not be listed can still be served. Any other problem is reported by every request.
    problem = describeError(error)
    return []
  })
  return {
    url,
    urls: sampleUrls(tailor, found, url),
    img: found[0] && (await imageTag(tailor, found[0], url)),
    originals: describeOriginals(originals),
    renditions: describeLocation(renditions),
    problem,
  }
}

/** Prints an introduction for people. */
export const printIntroduction = ({ url, urls, img, originals, renditions, problem }: Introduction): void => {
  print(`${bold("imgtailor")} serves ${originals} at ${url}\n`)
  for (const example of urls) print(`  ${cyan(example)}`)
  if (problem !== undefined) print(`  The originals cannot be listed: ${problem}`)
  else if (urls.length === 0) print(`  No images found yet. URLs have the form ${url}/<folder>/<size>/<file>`)
  if (img) print(`\n${dim("HTML:")}\n${img}`)
  print(`\nRenditions are stored in ${renditions}`)
}

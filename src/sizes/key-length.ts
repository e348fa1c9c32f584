/** Responsible for the length of keys: whether a store can hold every rendition of an original. */
import { utf8Length } from "./decode-path.ts"
import { INFO } from "./size-names.ts"

/** The settings that the length of keys depends on. */
export interface KeyLengths {
  readonly sizes: readonly { readonly name: string }[]
  readonly formats: readonly string[]
  readonly retired: { readonly sizes: readonly string[]; readonly formats: readonly string[] }
  /** Limits of the store of renditions, in UTF-8 bytes. */
  readonly maxBytes: { readonly segment: number; readonly key: number }
}

const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, utf8Length(text)), 0)

/** Bytes that the name of a rendition's record can have more than that of its original: a format, and `.json`. */
export const endingBytes = ({ formats, retired }: KeyLengths): number =>
  ".".length + longest(["json"].concat(formats, retired.formats)) + ".json".length

/** True if all possible keys of an original, and their records, are within the limits of the store. */
export const fits = (
  { directory, file }: { readonly directory: string; readonly file: string },
  lengths: KeyLengths,
): boolean => {
  const { sizes, retired, maxBytes } = lengths
  const name = longest(
    [INFO].concat(
      sizes.map((size) => size.name),
      retired.sizes,
    ),
  )
  const fileBytes = utf8Length(file) + endingBytes(lengths)
  return (
    Math.max(fileBytes, longest(directory.split("/"))) <= maxBytes.segment &&
    utf8Length(directory) + name + 1 + fileBytes <= maxBytes.key
  )
}

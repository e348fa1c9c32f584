/** Responsible for the image that the options of a URL request together. Every service combines them in the same way. */
import { problemInOptions, toSizeOptions } from "../sizes/size-options.ts"
import type { Meanings, Option } from "./meanings.ts"
import type { Look, Part, RequestedImage } from "./service.ts"

const NONE: Part = {}

/** The second part's values replace those of the first; looks are combined. */
export const merge = (first: Part, second: Part): Part => ({
  ...first,
  ...second,
  ...((first.look ?? second.look) && { look: { ...first.look, ...second.look } }),
})

/** Options that were combined. */
export interface Combined {
  readonly part: Part
  readonly unsupported: readonly string[]
}

/**
 * Combines options; later ones replace earlier ones.
 * @param ofOthers the meaning of options without an entry in `meanings`: undefined refuses them
 */
export const combine = (
  options: Iterable<Option>,
  meanings: Meanings,
  ofOthers: (name: string, value: string) => Part | undefined,
): Combined => {
  let part = NONE
  const unsupported: string[] = []
  for (const [name, value] of options) {
    const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined
    const found = meaning ? meaning(value) : ofOthers(name, value)
    if (found) part = merge(part, found)
    else unsupported.push(value === "" ? name : `${name}=${value}`)
  }
  return { part, unsupported }
}

/** For {@link combine}: options that are not known have no consequences, as in a query with `utm_source`. */
export const ignoreOthers = (): Part => NONE
/** For {@link combine}: options that are not known are refused. */
export const refuseOthers = (): undefined => undefined

/** How a picture fills a box if the URL does not say: cropped, or whole. */
type DefaultFit = "cover" | "inside"

const sidesOf = ({ width, height, ratio: quotient }: Part): Pick<Part, "width" | "height"> => {
  if (quotient === undefined || (width === undefined) === (height === undefined)) return { width, height }
  return width === undefined
    ? { width: Math.round((height ?? 1) * quotient), height }
    : { width, height: Math.round(width / quotient) }
}

/** The image that combined options request. */
export const toRequested = (
  { part, unsupported }: Combined,
  source: string,
  defaultFit: DefaultFit = "cover",
): RequestedImage => {
  const { ratio: _, look = {}, ...rest } = part
  const sides = sidesOf(part)
  const { fit: given = defaultFit, padding, ...others } = look
  // Only a box can be filled.
  const isBox = sides.width !== undefined && sides.height !== undefined
  const inBox: Look = isBox ? { fit: given, ...(given === "contain" && { padding }) } : {}
  const wanted = { ...others, ...inBox }
  const isPossible = problemInOptions(wanted) === undefined
  return {
    ...rest,
    ...sides,
    source,
    look: isPossible ? toSizeOptions(wanted) : {},
    unsupported: isPossible ? unsupported : [...unsupported, "options"],
  }
}

/** Responsible for the types of a size: as a configuration lists it, as an entry of the list, and as pages need it. */
import type { Quality, QualityInput } from "./format.ts"
import type { CropGravity, SizeOptions, SizeOptionsInput } from "./size-option-types.ts"
import type { Box } from "./size.ts"

/** The part of a size that pages need. `name` is its segment in URLs: its configured name, or else its canonical text. */
export interface Shape extends Box, SizeOptionsInput {
  readonly name: string
  readonly gravity: CropGravity
  /** Other names in URLs, which are never stored. */
  readonly aliases?: readonly string[] | undefined
}

/** An entry of the list. */
export interface Size extends Box, SizeOptions, Pick<Shape, "name" | "gravity" | "aliases"> {
  /** Overrides the configured quality, for each format. */
  readonly quality: Partial<Quality>
  /** `Cache-Control` of its renditions, instead of the configured one. */
  readonly cacheControl?: string
}

/** A size with options, as a configuration lists it. All options but `aliases` need a name. */
export interface NamedSizeInput extends SizeOptionsInput {
  /** `360x270`, `1280w` or `480h`. */
  readonly size: string
  /** Replaces the size in URLs: `[a-z][a-z0-9-]{0,31}`, except `info`. */
  readonly name?: string | undefined
  /** Former names and sizes whose URLs keep working. They are never stored. @default [] */
  readonly aliases?: readonly string[] | undefined
  /** The part of the image that a crop keeps, or its place in `contain`. @default "center" */
  readonly gravity?: CropGravity | undefined
  /** 1 to 100, for all lossy formats or for each. @default the configured `quality` */
  readonly quality?: QualityInput | undefined
  /** `Cache-Control` of its renditions. @default the configured `cacheControl` */
  readonly cacheControl?: string | undefined
}

/** A size as a configuration lists it. */
export type SizeInput = string | NamedSizeInput

/** A mistake in a list: its path (`[2, "gravity"]`), and a sentence with the expected and the actual value. */
export interface Problem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The object form of an entry. */
export const toNamed = (input: SizeInput): NamedSizeInput => (typeof input === "string" ? { size: input } : input)

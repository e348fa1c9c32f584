/**
 * Responsible for the difference between two lists of sizes, and between the settings beside them. Pure.
 *
 * Invariants:
 * - A size is changed if and only if the id of one of its recipes is another one, so that exactly its stored renditions become stale.
 */
import { type Format, outputFormat } from "../sizes/format.ts"
import { formatsOf, type Grammar } from "../sizes/key.ts"
import { lookOf, type Size, sizeNamed, toSizeInput } from "../sizes/list.ts"
import { imageRecipe, recipeId, type RenderSettings } from "../sizes/recipe.ts"
import { isSameShape } from "../sizes/snap.ts"

/** A list with the settings that decide the bytes of its renditions. */
export interface ListVersion {
  readonly grammar: Pick<Grammar, "sizes" | "formats" | "retired">
  readonly settings: RenderSettings
}

/** A size that is no longer listed under its name, or an alias that is no longer accepted. */
export interface RetiredSize {
  readonly name: string
  /** The new size whose URLs can replace those of this one; undefined if none shows the same part of an image. */
  readonly successor: string | undefined
  /** True if the new list accepts URLs with the name. */
  readonly isAlias: boolean
}

/** A size with other pixels or bytes under the same name. */
export interface ChangedSize {
  readonly size: Size
  /** Members of the size, or settings, that are different. */
  readonly members: readonly string[]
  /** Formats whose renditions become stale; undefined is the base URL of a JPEG. */
  readonly formats: readonly (Format | undefined)[]
}

/** The difference between two lists. */
export interface ListDifference {
  readonly added: readonly Size[]
  readonly retired: readonly RetiredSize[]
  readonly changed: readonly ChangedSize[]
  /** Names of sizes whose stored renditions stay fresh. */
  readonly same: readonly string[]
  readonly addedFormats: readonly Format[]
  readonly retiredFormats: readonly Format[]
}

/** Kinds of originals that are compared: between them, they have every property that a recipe depends on. */
const KINDS = ["jpeg", "png", "gif"] as const

const TRAITS = {
  jpeg: { format: "jpeg", hasAlpha: false, animated: false },
  png: { format: "png", hasAlpha: true, animated: false },
  gif: { format: "gif", hasAlpha: false, animated: true },
} as const

const idsOf = (size: Size, format: Format | undefined, settings: RenderSettings): string =>
  KINDS.map((kind) => {
    const recipe = imageRecipe(size, format, settings)
    return recipeId(recipe, outputFormat(format, TRAITS[kind]).format, kind)
  }).join()

const membersOf = (before: Size, after: Size, a: RenderSettings, b: RenderSettings): readonly string[] => {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const own = [...names].filter(
    (name) =>
      !["aliases", "cacheControl"].includes(name) &&
      JSON.stringify(Reflect.get(before, name)) !== JSON.stringify(Reflect.get(after, name)),
  )
  const global = (["quality", "background", "animationPixels"] as const).filter(
    (name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]),
  )
  return [...new Set([...own, ...global])]
}

const changeOf = (before: Size, after: Size, from: ListVersion, to: ListVersion): ChangedSize | undefined => {
  const listed = formatsOf(after, to.grammar).filter((format) => formatsOf(before, from.grammar).includes(format))
  const formats = [undefined, ...listed].filter(
    (format) => idsOf(before, format, from.settings) !== idsOf(after, format, to.settings),
  )
  if (formats.length === 0) return undefined
  return { size: after, members: membersOf(before, after, from.settings, to.settings), formats }
}

const area = ({ width = 1, height = 1 }: Size): number => width * height

/** The new size that shows the same part of an image: the smallest that is as large, else the largest. */
const successorOf = (size: Size, sizes: readonly Size[]): string | undefined => {
  const alike = sizes
    .filter((other) => isSameShape(other, size) && other.gravity === size.gravity && lookOf(other) === lookOf(size))
    .toSorted((a, b) => area(a) - area(b))
  return (alike.find((other) => area(other) >= area(size)) ?? alike.at(-1))?.name
}

const retiredIn = (before: readonly Size[], after: readonly Size[]): readonly RetiredSize[] =>
  before.flatMap((size) => {
    const isListed = after.some(({ name }) => name === size.name)
    const aliases = (size.aliases ?? []).filter((alias) => sizeNamed(alias, after) === undefined)
    return [...(isListed ? [] : [size.name]), ...aliases].map((name) => {
      const accepted = sizeNamed(name, after)
      return { name, successor: accepted?.name ?? successorOf(size, after), isAlias: accepted !== undefined }
    })
  })

/**
 * Compares two lists.
 * @example
 * compareLists(now, next).retired // [{ name: "480h", successor: "540h", isAlias: false }]
 */
export const compareLists = (from: ListVersion, to: ListVersion): ListDifference => {
  const [before, after] = [from.grammar.sizes, to.grammar.sizes]
  const nameIn = (sizes: readonly Size[], name: string): Size | undefined => sizes.find((size) => size.name === name)
  const kept = after.filter(({ name }) => nameIn(before, name))
  const changed = kept.flatMap((size) => {
    const earlier = nameIn(before, size.name)
    return (earlier && changeOf(earlier, size, from, to)) ?? []
  })
  const names = new Set(changed.map(({ size }) => size.name))
  return {
    added: after.filter(({ name }) => !nameIn(before, name)),
    retired: retiredIn(before, after),
    changed,
    same: kept.map(({ name }) => name).filter((name) => !names.has(name)),
    addedFormats: to.grammar.formats.filter((format) => !from.grammar.formats.includes(format)),
    retiredFormats: from.grammar.formats.filter((format) => !to.grammar.formats.includes(format)),
  }
}

/** The text of a size with its options, as in a configuration file. */
export const sizeText = (size: Size): string => {
  const input = toSizeInput(size)
  return typeof input === "string" ? input : JSON.stringify(input)
}

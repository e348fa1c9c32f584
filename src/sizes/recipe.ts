/**
 * Responsible for recipes: everything besides the original that decides a rendition's bytes, and the id of it.
 *
 * Invariants:
 * - A change of anything that decides the bytes changes the id, so no rendition made by other settings counts as fresh.
 * - A setting that does not affect a rendition does not affect its id, and an option that is not set is not part of it. A new option
 *   therefore leaves the ids of all sizes that do not use it.
 */
import type { FocalPoint } from "./focal-point.ts"
import type { Format, OriginalKind, Quality } from "./format.ts"
import { hashOf } from "./hash.ts"
import type { Size } from "./size-input.ts"
import { type Background, BACKGROUNDS, type CropGravity, type SizeOptions } from "./size-option-types.ts"
import { toSizeOptions } from "./size-options.ts"
import { type Box, formatSize } from "./size.ts"

/** Versions of the code that makes renditions. */
export interface RenderVersions {
  readonly outputs: Readonly<Record<Format | "info", number>>
  readonly originals: Readonly<Record<OriginalKind, number>>
}

/** Raise the version of a format when its encoder writes other bytes for the same recipe: its renditions are then made again. */
export const OUTPUT_VERSIONS: RenderVersions["outputs"] = { avif: 1, webp: 1, jpeg: 1, png: 1, gif: 1, info: 1 }

/** Raise the version of a kind when its originals are decoded differently: all renditions of such originals are then made again. */
export const ORIGINAL_VERSIONS: RenderVersions["originals"] = {
  jpeg: 1,
  png: 1,
  webp: 1,
  gif: 1,
  tiff: 1,
  heif: 1,
  heic: 1,
  jxl: 1,
}

/** The configured part of every recipe. */
export interface RenderSettings {
  readonly quality: Quality
  /** `#rrggbb`, shown behind transparent pixels if the output format has no alpha. */
  readonly background: string
  /** Frames × pixels of the original up to which an animation stays animated. */
  readonly animationPixels: number
}

/**
 * Numbers at which the formats look alike, by SSIMULACRA 2. AVIF then has 0.83 to 0.91 of WebP's bytes.
 * @see docs/encoders.md for the measurements
 */
export const DEFAULT_QUALITY: Quality = { jpeg: 80, webp: 80, avif: 65 }

/** Options of a size that decide pixels, and its forced format. A background that is a colour is in the settings. */
export interface RecipeOptions extends Omit<SizeOptions, "background" | "formats"> {
  readonly background?: Exclude<Background, `#${string}`> | undefined
}

/** How an image is made. */
export interface ImageRecipe {
  readonly kind: "image"
  readonly box: Box
  readonly gravity: CropGravity
  /** Undefined for a size without options. */
  readonly options?: RecipeOptions | undefined
  /** For `gravity: "smart"`, if the photo has one. */
  readonly focalPoint?: FocalPoint | undefined
  /** The explicit format; undefined for a base URL. */
  readonly format: Format | undefined
  readonly settings: RenderSettings
}

/** How an original's `info` is made. */
export interface InfoRecipe {
  readonly kind: "info"
  /** Tolerances of `trim` whose dimensions it has, ascending. Undefined where no size has the option. */
  readonly trims?: readonly number[] | undefined
  readonly settings: Pick<RenderSettings, "animationPixels" | "background">
}

/** How a rendition is made. */
export type Recipe = ImageRecipe | InfoRecipe

const isKeyword = (background: Background | undefined): background is RecipeOptions["background"] =>
  background === undefined || BACKGROUNDS.some((word) => word === background)

/**
 * The recipe of a size, in an explicit format or, if that is undefined, for the base URL.
 * @param focalPoint of the photo; other gravities than "smart" ignore it
 */
export const imageRecipe = (
  size: Size,
  format: Format | undefined,
  settings: RenderSettings,
  focalPoint?: FocalPoint,
): ImageRecipe => {
  const { background, formats: _, ...others } = toSizeOptions(size)
  const options: RecipeOptions = { ...others, ...(background && isKeyword(background) && { background }) }
  return {
    kind: "image",
    box: {
      ...(size.width !== undefined && { width: size.width }),
      ...(size.height !== undefined && { height: size.height }),
    },
    gravity: size.gravity,
    ...(Object.keys(options).length > 0 && { options }),
    ...(focalPoint && size.gravity === "smart" && { focalPoint }),
    format,
    settings: {
      ...settings,
      quality: { ...settings.quality, ...size.quality },
      background: isKeyword(background) ? settings.background : background,
    },
  }
}

/** The recipe of `info`. @param sizes the list; only options that `info` depends on matter */
export const infoRecipe = (
  { animationPixels, background }: RenderSettings,
  sizes: readonly Pick<Size, "trim">[] = [],
): InfoRecipe => {
  const trims = [...new Set(sizes.flatMap(({ trim }) => trim ?? []))].sort((a, b) => a - b)
  return { kind: "info", ...(trims.length > 0 && { trims }), settings: { animationPixels, background } }
}

/** Options as one text. An overlay is known by its bytes; the name of its file does not matter. */
const optionsText = (options: RecipeOptions | undefined): string | undefined => {
  if (!options) return undefined
  const overlay = options.overlay?.map(({ image, digest, ...other }) => ({ ...other, source: digest ?? image }))
  return JSON.stringify({ ...options, ...(overlay && { overlay }) })
}

/** AVIF too: it may be a still only because the animation exceeded the limit, and would be a WebP under a higher one. */
const MAY_BE_ANIMATED: ReadonlySet<Format | undefined> = new Set(["gif", "webp", "avif"])

const qualityIn = (output: Format | undefined, { quality }: RenderSettings): number | undefined =>
  output === undefined || output === "png" || output === "gif" ? undefined : quality[output]

/** Everything in an image's recipe that affects its bytes in a format. */
const imageMembers = (recipe: ImageRecipe, output: Format | undefined) => {
  const { box, gravity, options, focalPoint, format, settings } = recipe
  const isPlaced = box.width !== undefined && box.height !== undefined && options?.fit !== "inside"
  const isPadded = options?.fit === "contain" && options.background === undefined
  return {
    size: formatSize(box),
    format,
    gravity: isPlaced ? gravity : undefined,
    options: optionsText(options),
    focalPoint: focalPoint?.join(),
    quality: qualityIn(output, settings),
    background: output === "jpeg" || isPadded ? settings.background : undefined,
    animationPixels: MAY_BE_ANIMATED.has(output) ? settings.animationPixels : undefined,
  }
}

/**
 * A short hash that identifies a recipe together with the format that it produced. Changing the quality of WebP therefore leaves JPEGs
 * fresh, even at base URLs, whose format depends on the original.
 * @param output the format of the rendition; undefined for `info`
 * @param kind the kind of the original; undefined if the rendition was not made by imgtailor
 */
export type GetRecipeId = (recipe: Recipe, output: Format | undefined, kind: OriginalKind | undefined) => string

/** Everything that a recipe's id is made from, by name. Undefined members are not part of it. */
export type RecipeMembers = Readonly<Record<string, string | number | undefined>>

const membersOf = (
  { outputs, originals }: RenderVersions,
  ...[recipe, output, kind]: Parameters<GetRecipeId>
): RecipeMembers => {
  const isInfo = recipe.kind === "info"
  return {
    ...(isInfo ? { ...recipe.settings, trims: recipe.trims?.join() } : imageMembers(recipe, output)),
    output: isInfo ? "info" : output,
    outputVersion: isInfo ? outputs.info : output && outputs[output],
    originalVersion: kind && originals[kind],
  }
}

/** Creates {@link recipeId} for given versions of the code that makes renditions. */
export const createRecipeId =
  (versions: RenderVersions): GetRecipeId =>
  (...parts) =>
    hashOf(membersOf(versions, ...parts))

const VERSIONS: RenderVersions = { outputs: OUTPUT_VERSIONS, originals: ORIGINAL_VERSIONS }

/** The members that {@link recipeId} hashes, for explanations. */
export const recipeMembers = (...parts: Parameters<GetRecipeId>): RecipeMembers => membersOf(VERSIONS, ...parts)

/** The id of a recipe; see {@link GetRecipeId}. */
export const recipeId: GetRecipeId = createRecipeId(VERSIONS)

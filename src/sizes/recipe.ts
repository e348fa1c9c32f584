/**
 * A recipe: everything besides the original that decides a rendition's bytes. Its id is stored with each rendition, so another
 * quality, background or version of the pipeline is another rendition, without any flag to remember.
 */
import type { Format, Quality } from "./format.ts"
import { shortHash } from "./hash.ts"
import type { Size } from "./list.ts"
import { type Box, formatSize, type Gravity } from "./size.ts"

/** Raised whenever the pipeline gives other pixels or bytes for the same recipe. */
export const PIPELINE_VERSION = 1

/** The configured part of every recipe. */
export interface RenderSettings {
  readonly quality: Quality
  /** `#rrggbb`, behind transparency where the format has none. */
  readonly background: string
  /** Frames × pixels of the original up to which an animation stays one. */
  readonly animationPixels: number
}

/**
 * AVIF at 60 is no larger than WebP at 80, of higher SSIM, and cheaper with effort 0.
 * @see docs/encoders.md for the measurements
 */
export const DEFAULT_QUALITY: Quality = { jpeg: 80, webp: 80, avif: 60 }

/** How a picture is made. */
export interface ImageRecipe {
  readonly kind: "image"
  readonly box: Box
  readonly gravity: Gravity
  /** What was asked for; undefined for the base address. */
  readonly asked: Format | undefined
  readonly settings: RenderSettings
}

/** How facts are made. */
export interface InfoRecipe {
  readonly kind: "info"
  readonly settings: Pick<RenderSettings, "animationPixels" | "background">
}

/** How a rendition is made. */
export type Recipe = ImageRecipe | InfoRecipe

/** The recipe of a size, as base or in an explicit format. */
export const imageRecipe = (size: Size, asked: Format | undefined, settings: RenderSettings): ImageRecipe => ({
  kind: "image",
  box: size,
  gravity: size.gravity,
  asked,
  settings: { ...settings, quality: { ...settings.quality, ...size.quality } },
})

/** The recipe of facts. */
export const infoRecipe = ({ animationPixels, background }: RenderSettings): InfoRecipe => ({
  kind: "info",
  settings: { animationPixels, background },
})

const infoParts = ({ settings: { animationPixels, background } }: InfoRecipe): readonly unknown[] => [
  animationPixels,
  background,
]

/** What decides the bytes of a picture in a format: settings that have no say in it are left out. */
const imageParts = ({ box, gravity, asked, settings }: ImageRecipe, output: Format | undefined): readonly unknown[] => {
  const isCrop = box.width !== undefined && box.height !== undefined
  // An AVIF is the still that a too long animation was made into, and would be a WebP with a higher limit.
  const mayMove = output === "gif" || output === "webp" || output === "avif"
  return [
    formatSize(box),
    asked,
    isCrop ? gravity : undefined,
    output === undefined || output === "png" || output === "gif" ? undefined : settings.quality[output],
    output === "jpeg" ? settings.background : undefined,
    mayMove ? settings.animationPixels : undefined,
  ]
}

/**
 * Short hash of a recipe and the format that came out of it. The format is an argument since a base address has that of its
 * original: a change of WebP's quality then leaves all JPEGs in step.
 */
export const recipeId = (recipe: Recipe, output: Format | undefined): string => {
  const parts = recipe.kind === "info" ? infoParts(recipe) : imageParts(recipe, output)
  const text = JSON.stringify([PIPELINE_VERSION, recipe.kind, output, ...parts])
  return shortHash(text)
}

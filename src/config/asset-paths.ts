/**
 * Responsible for the paths of files that settings name, before the settings are validated: overlays, the placeholder and focal points. They
 * are relative to where they were written, and have to be found from elsewhere.
 */
import { resolve } from "node:path"

import { parseObjectUrl } from "../store/registry.ts"
import { isFilePath } from "./assets.ts"

type Settings = Readonly<Record<string, unknown>>
type MapPath = (path: string) => string

const isObject = (value: unknown): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const mapOverlay = (overlay: unknown, map: MapPath): unknown =>
  isObject(overlay) && typeof overlay["image"] === "string" ? { ...overlay, image: map(overlay["image"]) } : overlay

const mapSize = (size: unknown, map: MapPath): unknown => {
  if (!isObject(size) || size["overlay"] === undefined) return size
  const { overlay } = size
  return {
    ...size,
    overlay: Array.isArray(overlay) ? overlay.map((one) => mapOverlay(one, map)) : mapOverlay(overlay, map),
  }
}

/** The same settings with other paths. */
export const mapAssetPaths = (settings: Settings, map: MapPath): Record<string, unknown> => {
  const { sizes, missing, focalPoints } = settings
  return {
    ...settings,
    ...(Array.isArray(sizes) && { sizes: sizes.map((size) => mapSize(size, map)) }),
    ...(typeof missing === "string" && isFilePath(missing) && { missing: map(missing) }),
    ...(typeof focalPoints === "string" &&
      parseObjectUrl(focalPoints) === undefined && { focalPoints: map(focalPoints) }),
  }
}

/** The same settings with absolute paths. */
export const absoluteAssetPaths = (settings: Settings, directory: string): Record<string, unknown> =>
  mapAssetPaths(settings, (path) => resolve(directory, path))

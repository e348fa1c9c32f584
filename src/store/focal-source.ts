/** Responsible for focal points at the location of a setting: a file, or an object of a store. */
import { openFocalFile } from "./focal-file.ts"
import { type FocalObjectOptions, openFocalObject } from "./focal-object.ts"
import type { FindFocalPoint } from "./focal-originals.ts"
import type { FocalSource } from "./focal-points.ts"
import { parseObjectUrl } from "./registry.ts"

/** Opens the focal points at an absolute path or a URL. @throws {TypeError} if the URL is malformed */
export const openFocalPoints = (location: string, options: FocalObjectOptions): FocalSource => {
  if (parseObjectUrl(location) !== undefined) return openFocalObject(location, options)
  const { points } = openFocalFile(location, options.onNotice)
  return { points, load: async () => points() }
}

/** Finds points of a source: at once, except during its first read. */
export const findFocalPoints =
  ({ points, load }: FocalSource): FindFocalPoint =>
  (key) => {
    const known = points()
    return known ? known.get(key) : load().then((loaded) => loaded.get(key))
  }

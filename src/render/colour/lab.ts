/** Responsible for CIE L*a*b* under D50, as TIFFs and ICC profiles have it. Pure. */
import { mapVector, transform, type Vector } from "./matrix.ts"
import { D50_XYZ, XYZ_TO_SRGB } from "./primaries.ts"
import { encodeSrgb } from "./transfer.ts"

/** Where the cube root of CIE 1976 becomes a straight line. */
const KNEE = 6 / 29

const fromRoot = (root: number): number => (root > KNEE ? root ** 3 : 3 * KNEE * KNEE * (root - 4 / 29))

/** Relative luminance, 0 to 1, of a lightness of 0 to 100. */
export const luminanceOf = (lightness: number): number => fromRoot((lightness + 16) / 116)

/** sRGB, 0 to 255, clipped, of L* from 0 to 100 and a*, b*. */
export const labToSrgb = ([lightness, a, b]: Vector): Vector => {
  const y = (lightness + 16) / 116
  const xyz = mapVector([y + a / 500, y, y - b / 200], (root, at) => fromRoot(root) * D50_XYZ[at])
  return mapVector(transform(XYZ_TO_SRGB, xyz), (light) => 255 * encodeSrgb(Math.min(1, Math.max(0, light))))
}

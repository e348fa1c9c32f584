/** Entry point `imgtailor/sizes`: pure functions without I/O or platform APIs, which run in any JavaScript engine. */
export { keysOf } from "./all-keys.ts"
export { decodePath, type Refusal } from "./decode-path.ts"
export type { FocalPoint } from "./focal-point.ts"
export {
  CONTENT_TYPES,
  type Format,
  FORMATS,
  type OriginalKind,
  type OriginalTraits,
  outputFormat,
  type Quality,
  type QualityInput,
} from "./format.ts"
export { outputDimensions } from "./geometry.ts"
export {
  canBeOriginal,
  encodeKey,
  formatKey,
  type Grammar,
  type OriginalKey,
  type Parsed,
  parseKey,
  type Reading,
  type RenditionKey,
  toOriginalKey,
} from "./key.ts"
export { nearestSize, parseSizeList, type Problem, type Size, type SizeInput, type SizeList } from "./list.ts"
export { isNegotiable, negotiate } from "./negotiate.ts"
export { type PublishedList, publishList } from "./published.ts"
export { type Box, type Dimensions, formatSize, GRAVITIES, type Gravity, MAX_SIDE, parseSize } from "./size.ts"
export { type SnapRequest, sizesOfShape, snap } from "./snap.ts"

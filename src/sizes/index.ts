/** The pure core: `imgtailor/sizes`. No I/O, no platform: it runs wherever JavaScript does. */
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
  decodePath,
  encodeKey,
  formatKey,
  type Grammar,
  keysOf,
  type OriginalKey,
  type Parsed,
  parseKey,
  type Reading,
  type Refusal,
  type RenditionKey,
  toOriginalKey,
} from "./key.ts"
export { nearestSize, parseSizeList, type Problem, type Size, type SizeInput, type SizeList } from "./list.ts"
export { isNegotiable, negotiate } from "./negotiate.ts"
export { type PublishedList, publishList } from "./published.ts"
export { type Box, type Dimensions, formatSize, GRAVITIES, type Gravity, MAX_SIDE, parseSize } from "./size.ts"
export { type Asked, sizesOfShape, snap } from "./snap.ts"

/** Responsible for the names that a size can have in URLs. */
import { parseSize } from "./size.ts"

/** The segment in URLs of descriptions of originals; never the name of a size. */
export const INFO = "info"
const NAME = /^[a-z][a-z0-9-]{0,31}$/

/** True for a valid name of a size. */
export const isSizeName = (text: string): boolean => NAME.test(text) && text !== INFO

/** True for a valid entry of `retired.sizes`: a size, or the name of one. */
export const isSizeSegment = (text: string): boolean => parseSize(text) !== undefined || isSizeName(text)

/** Responsible for the list of hostile files, each below 100 MB, and for files that are no pictures. */
import { AVIFS } from "./avif.ts"
import { ascii, type HostileFile, repeat } from "./bytes.ts"
import { GIFS } from "./gif.ts"
import { JPEGS } from "./jpeg.ts"
import { PNGS } from "./png.ts"
import { TIFFS } from "./tiff.ts"
import { WEBPS } from "./webp.ts"

const OTHERS: readonly HostileFile[] = [
  { name: "zeros.jpg", make: () => Buffer.alloc(99_000_000) },
  { name: "spaces-before-svg.jpg", make: () => Buffer.concat([Buffer.alloc(50_000_000, 32), ascii("<svg/>")]) },
  { name: "comments-before-svg.jpg", make: () => Buffer.concat([ascii("<?xml?>"), repeat(ascii("<!--"), 10_000_000)]) },
]

export const HOSTILE_FILES: readonly HostileFile[] = [
  ...PNGS,
  ...JPEGS,
  ...WEBPS,
  ...GIFS,
  ...TIFFS,
  ...AVIFS,
  ...OTHERS,
]

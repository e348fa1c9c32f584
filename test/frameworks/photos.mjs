// The photos in the pages of the frameworks, with names that are difficult in URLs, attributes and file systems. They are created once, in
// a folder that is kept between runs.
import { existsSync } from "node:fs"
import { link, mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import sharp from "sharp"

/** By name, with dimensions after EXIF orientation. */
export const PHOTOS = {
  landscape: { key: "shop/landscape.jpg", width: 4000, height: 3000 },
  portrait: { key: "shop/portrait.jpg", width: 3000, height: 4000 },
  panorama: { key: "shop/panorama.jpg", width: 6000, height: 1000 },
  tower: { key: "shop/tower.jpg", width: 1000, height: 6000 },
  // Smaller than some listed sizes, and smaller than all.
  small: { key: "shop/small.jpg", width: 500, height: 375 },
  tiny: { key: "tiny.jpg", width: 150, height: 100 },
  logo: { key: "logo.png", width: 1200, height: 1200 },
  spaces: { key: "summer sale/red mug, large.jpg", width: 2000, height: 1500 },
  accents: { key: "été/Ärmel-naïf.jpg", width: 2000, height: 1500 },
  // A decomposed accent, as older versions of macOS wrote names.
  decomposed: { key: "e\u0301te\u0301.jpg", width: 2000, height: 1500 },
  signs: { key: `100% +1 & "more" (it's #1?)/a=b;c@d.jpg`, width: 2000, height: 1500 },
  emoji: { key: "🎁/подарок.jpg", width: 2000, height: 1500 },
  double: { key: "shop/scan.jpg.webp", width: 2000, height: 1500 },
  capitals: { key: "shop/DSC_0001.JPG", width: 2000, height: 1500 },
  bare: { key: "shop/no-extension", width: 2000, height: 1500 },
}

/** Four quarters of different colours, so that rotated or mirrored images are visible. */
const paint = ({ key, width, height }) => {
  const [w, h] = [Math.floor(width / 2), Math.floor(height / 2)]
  const quarter = (background, left, top) => ({
    input: { create: { width: w, height: h, channels: 3, background } },
    left,
    top,
  })
  const image = sharp({ create: { width, height, channels: 3, background: "#dc2828" } }).composite([
    quarter("#28b43c", w, 0),
    quarter("#2846d2", 0, h),
    quarter("#e6d232", w, h),
  ])
  const format = /\.(png|webp)$/.exec(key)?.[1] ?? "jpeg"
  return image.toFormat(format).toBuffer()
}

/**
 * The key of a case's photo. Each case has a separate photo: a browser may use a larger rendition of the same photo than it needs, if
 * another image of the page has already loaded it.
 */
export const keyOf = ({ id, photo }) => `${id}/${PHOTOS[photo].key}`

const makeOnce = async (path, make) => {
  if (existsSync(path)) return
  await mkdir(dirname(path), { recursive: true })
  await make()
}

/** Creates the missing photos of some cases: one file for each photo, with a link for each case. */
export const makePhotos = async (folder, cases) => {
  for (const one of cases) {
    const photo = PHOTOS[one.photo]
    const painted = join(folder, "painted", photo.key)
    await makeOnce(painted, async () => writeFile(painted, await paint(photo)))
    const path = join(folder, keyOf(one))
    await makeOnce(path, () => link(painted, path))
  }
}

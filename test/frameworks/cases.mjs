// The cases: images as a page may display them, as plain data, independent of frameworks. Each framework's file maps a case to its props.
//
// A case:
//   id           `data-case` of its <img>; its box has the class `box-<id>`, with its width in cssOf
//   photo        one of PHOTOS
//   shape        a listed size: all sizes that show the same part of the original may be offered
//   layout       fixed: always `width` CSS pixels · constrained: as wide as the viewport, up to `width` · full: as wide as the viewport ·
//                box: as in `box`
//   width        CSS pixels, for fixed and constrained
//   height       CSS pixels, if the page gives both; otherwise a framework has to compute it from the original's dimensions
//   sizes        the attribute, if the page gives it; equivalent to `box`
//   box          [{ min, vw, px }, …]: for viewports of at least `min` CSS pixels (default 0), vw % of the viewport plus px; the first match
//   withoutInfo  true: the page has no info of the original, which is then larger than all sizes of the shape
//   priority     true: visible at first, so eager
//   element      "picture": a source for each format; otherwise "img"
//   format       an explicit format, for an <img>
// and, added by run.mjs from the server:
//   key          of the original
//   info         of the original, from the client's info(); absent with withoutInfo
//   widths       actual widths in pixels of the listed sizes of the shape
import { PHOTOS } from "./photos.mjs"

/** At least two candidates for each shape. */
export const SIZES = [
  ["320w", "640w", "960w", "1280w", "1920w", "2560w"],
  ["240h", "480h", "960h"],
  ["360x270", "720x540", "1440x1080"],
  ["200x200", "400x400", "800x800"],
  ["270x480", "540x960", "1080x1920"],
  ["1600x400", "3200x800"],
].flat()
export const FORMATS = ["avif", "webp"]

/** Widths of viewports in CSS pixels, and device pixels per CSS pixel. */
export const VIEWPORTS = [360, 768, 1280, 1920]
export const DPRS = [1, 2, 3]

/** { w, h } of a size; a side that depends on the original is undefined. */
const sidesOf = (size) => {
  const [, number, unit] = /^(\d+)([wh])$/.exec(size) ?? []
  if (unit) return { [unit]: Number(number) }
  const [w, h] = size.split("x").map(Number)
  return { w, h }
}

/** Equal for sizes that show the same part of an original: all by width, all by height, all crops of one ratio. */
const partOf = (size) => {
  const { w, h } = sidesOf(size)
  if (!h) return "by width"
  return w ? w / h : "by height"
}

/** Height divided by width of a shape. */
const ratioOf = (shape, { width, height }) => {
  const { w, h } = sidesOf(shape)
  return w && h ? h / w : height / width
}

/** Actual widths of the listed sizes of a case's shape: never enlarged, and a crop of a small original is the largest that fits. */
export const widthsOf = ({ photo, shape }) => {
  const { width, height } = PHOTOS[photo]
  return SIZES.filter((size) => partOf(size) === partOf(shape)).map((size) => {
    const { w = Infinity, h = Infinity } = sidesOf(size)
    if (w < Infinity && h < Infinity) return Math.round(w * Math.min(1, width / w, height / h))
    return Math.round(width * Math.min(1, w / width, h / height))
  })
}

const heightOf = ({ photo, shape, width }) => Math.round(width * ratioOf(shape, PHOTOS[photo]))

const fixed = (id, photo, shape, width, more) => {
  const one = { id, photo, shape, layout: "fixed", width, ...more }
  return { height: heightOf(one), ...one }
}
const constrained = (id, photo, shape, width, more) => {
  const one = { id, photo, shape, layout: "constrained", width, ...more }
  return { height: heightOf(one), ...one }
}
const full = (id, photo, shape, more) => ({ id, photo, shape, layout: "full", ...more })
const boxed = (id, photo, shape, sizes, box, more) => ({ id, photo, shape, layout: "box", sizes, box, ...more })

const PICTURE = { element: "picture" }
const UNKNOWN = { withoutInfo: true }
const PRIORITY = { priority: true }
const NO_HEIGHT = { height: undefined }

export const CASES = [
  // Images with priority come first on the page.
  full("hero", "landscape", "320w", { ...PRIORITY, ...PICTURE }),
  fixed("hero-fixed", "portrait", "320w", 300, PRIORITY),
  constrained("hero-constrained", "landscape", "360x270", 700, PRIORITY),
  full("hero-banner", "panorama", "1600x400", PRIORITY),
  boxed("hero-half", "landscape", "320w", "50vw", [{ vw: 50 }], PRIORITY),
  boxed("hero-sidebar", "portrait", "320w", "(min-width: 1000px) 240px, 100vw", [{ min: 1000, px: 240 }, { vw: 100 }], {
    ...PRIORITY,
    ...PICTURE,
  }),

  // Uncropped, by width.
  fixed("fixed-100", "landscape", "320w", 100),
  fixed("fixed-160", "landscape", "320w", 160),
  fixed("fixed-161", "landscape", "320w", 161),
  fixed("fixed-320", "landscape", "320w", 320, PICTURE),
  fixed("fixed-333", "portrait", "320w", 333),
  fixed("fixed-640", "landscape", "640w", 640),
  fixed("fixed-1000", "landscape", "320w", 1000),
  fixed("fixed-no-height", "landscape", "320w", 300, NO_HEIGHT),
  fixed("fixed-unknown", "landscape", "320w", 300, UNKNOWN),
  fixed("fixed-webp", "landscape", "320w", 300, { format: "webp" }),
  fixed("fixed-avif", "portrait", "320w", 300, { format: "avif" }),
  constrained("constrained-500", "landscape", "320w", 500),
  constrained("constrained-800", "landscape", "320w", 800, PICTURE),
  constrained("constrained-1200", "portrait", "320w", 1200),
  constrained("constrained-no-height", "portrait", "320w", 400, NO_HEIGHT),
  constrained("constrained-unknown", "landscape", "320w", 600, UNKNOWN),
  full("full-landscape", "landscape", "320w"),
  full("full-landscape-picture", "landscape", "320w", PICTURE),
  full("full-portrait", "portrait", "320w"),
  full("full-webp", "landscape", "320w", { format: "webp" }),

  // Widths that only the author of the page knows.
  boxed("half", "landscape", "320w", "50vw", [{ vw: 50 }]),
  boxed("third", "portrait", "320w", "(min-width: 1000px) 33vw, 100vw", [{ min: 1000, vw: 33 }, { vw: 100 }]),
  boxed(
    "grid",
    "landscape",
    "360x270",
    "(min-width: 1200px) 25vw, (min-width: 700px) 50vw, 100vw",
    [{ min: 1200, vw: 25 }, { min: 700, vw: 50 }, { vw: 100 }],
    PICTURE,
  ),
  boxed("gutter", "landscape", "320w", "calc(100vw - 32px)", [{ vw: 100, px: -32 }]),
  boxed("sidebar", "portrait", "320w", "(min-width: 1000px) 240px, 100vw", [{ min: 1000, px: 240 }, { vw: 100 }]),
  boxed("sidebar-gutter", "landscape", "320w", "(min-width: 700px) calc(100vw - 300px), 100vw", [
    { min: 700, vw: 100, px: -300 },
    { vw: 100 },
  ]),
  boxed("pixels", "landscape", "320w", "280px", [{ px: 280 }]),

  // Uncropped, by height.
  fixed("height-landscape", "landscape", "240h", 320),
  fixed("height-portrait", "portrait", "240h", 180, PICTURE),
  fixed("height-panorama", "panorama", "240h", 720),
  fixed("height-tower", "tower", "240h", 40),
  fixed("height-480", "landscape", "480h", 500),
  fixed("height-unknown", "landscape", "240h", 320, UNKNOWN),
  fixed("height-small", "small", "240h", 320),
  constrained("height-constrained", "landscape", "240h", 640),

  // Crops.
  fixed("crop-180", "landscape", "360x270", 180),
  fixed("crop-360", "landscape", "360x270", 360, PICTURE),
  fixed("crop-of-portrait", "portrait", "360x270", 360),
  fixed("crop-no-height", "portrait", "360x270", 300, NO_HEIGHT),
  fixed("crop-unknown", "landscape", "360x270", 300, UNKNOWN),
  constrained("crop-constrained", "portrait", "720x540", 720),
  full("crop-full", "landscape", "360x270"),
  full("crop-full-unknown", "landscape", "360x270", UNKNOWN),
  fixed("square", "landscape", "200x200", 200),
  fixed("square-portrait", "portrait", "200x200", 120, PICTURE),
  fixed("square-unknown", "portrait", "400x400", 400, UNKNOWN),
  fixed("square-logo", "logo", "200x200", 96),
  constrained("square-constrained", "landscape", "200x200", 400),
  fixed("tall", "landscape", "270x480", 135),
  fixed("tall-portrait", "portrait", "270x480", 270, PICTURE),
  constrained("tall-constrained", "portrait", "540x960", 540),
  full("banner", "landscape", "1600x400"),
  full("banner-portrait", "portrait", "1600x400"),
  full("banner-unknown", "landscape", "1600x400", UNKNOWN),
  constrained("banner-constrained", "landscape", "1600x400", 1600, PICTURE),

  // Extreme ratios.
  full("panorama", "panorama", "320w"),
  constrained("panorama-constrained", "panorama", "320w", 900, PICTURE),
  full("panorama-banner", "panorama", "1600x400"),
  fixed("tower", "tower", "320w", 60),
  constrained("tower-constrained", "tower", "320w", 200),
  constrained("tower-banner", "tower", "1600x400", 800),
  fixed("tower-square", "tower", "200x200", 150),

  // Originals smaller than the requested size: no candidate is enlarged.
  fixed("small", "small", "320w", 250),
  constrained("small-wide", "small", "320w", 800),
  full("small-full", "small", "320w", PICTURE),
  fixed("small-crop", "small", "360x270", 400),
  constrained("small-square", "small", "200x200", 300),
  constrained("small-banner", "small", "1600x400", 700),
  fixed("tiny", "tiny", "320w", 75),
  constrained("tiny-wide", "tiny", "320w", 300, PICTURE),
  fixed("tiny-crop", "tiny", "360x270", 133),
  fixed("tiny-square", "tiny", "200x200", 100),
  fixed("tiny-tall", "tiny", "270x480", 100),
  fixed("tiny-height", "tiny", "240h", 150),

  // Names.
  fixed("name-spaces", "spaces", "320w", 200, PICTURE),
  fixed("name-accents", "accents", "320w", 200),
  fixed("name-decomposed", "decomposed", "320w", 200),
  fixed("name-signs", "signs", "320w", 200, PICTURE),
  fixed("name-emoji", "emoji", "360x270", 200),
  fixed("name-double", "double", "320w", 200),
  fixed("name-capitals", "capitals", "320w", 200, PICTURE),
  fixed("name-bare", "bare", "200x200", 100),
]

/** Width in CSS pixels of a case's box in a viewport. */
export const boxWidth = ({ layout, width, box }, viewport) => {
  if (layout === "fixed") return width
  if (layout === "constrained") return Math.min(width, viewport)
  if (layout === "full") return viewport
  const { vw = 0, px = 0 } = box.find(({ min = 0 }) => viewport >= min)
  return (vw * viewport) / 100 + px
}

const widthRule = ({ layout, width }) =>
  ({ fixed: `${width}px`, constrained: `min(${width}px, 100vw)`, full: "100vw" })[layout]

const boxRules = ({ id, box }) =>
  box
    .toReversed()
    .map(
      ({ min = 0, vw = 0, px = 0 }) => `@media (min-width: ${min}px) { .box-${id} { width: calc(${vw}vw + ${px}px) } }`,
    )

/** The style sheet of a page: no margins, a box for each case, and images that fill their boxes and keep their ratio. */
export const cssOf = (cases) =>
  [
    "body { margin: 0 }",
    "[data-case] { display: block; width: 100%; height: auto }",
    ...cases.flatMap((one) => (one.box ? boxRules(one) : [`.box-${one.id} { width: ${widthRule(one)} }`])),
  ].join("\n")

/** The options of a case for the client. */
export const optionsOf = ({ shape, layout, width, sizes, priority, format, info }) => ({
  shape,
  width: layout === "full" ? undefined : width,
  // A fixed width is the same in a narrower viewport.
  sizes: layout === "fixed" ? `${width}px` : sizes,
  info,
  priority,
  format,
})

/** Cases as props of `<Photo>`. */
export const photoPropsOf = (cases) =>
  cases.map((one) => ({ id: one.id, original: one.key, ...optionsOf(one), element: one.element ?? "img" }))

/** The source of an example, with the sizes of the cases in its list. */
export const withSizes = (source, sizes) => source.replace(/sizes: \[[^\]]*\]/, () => `sizes: ${JSON.stringify(sizes)}`)

/**
 * Responsible for URLs of Cloudflare's image transformations: `/cdn-cgi/image/width=300,height=200,fit=cover/shop/bag.jpg`. unpic does not
 * translate the short names (`w`, `h`), so its extractor is not used.
 */
import { recode, refuse } from "../sizes/decode-path.ts"
import { combine, refuseOthers, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  format,
  gravity,
  ignored,
  INSIDE,
  type Meaning,
  type Option,
  positive,
  rotation,
} from "./meanings.ts"
import type { Service } from "./service.ts"
import { sourceIn } from "./source.ts"

const gravities = gravity({ auto: "smart", face: "smart" })
const FLIPS: Readonly<Record<string, object>> = {
  h: { flop: true },
  v: { flip: true },
  hv: { flip: true, flop: true },
}
/** Factors of which 1 changes nothing. */
const neutral: Meaning = (value) => (Number(value) === 1 ? {} : undefined)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  width: positive("width"),
  w: positive("width"),
  height: positive("height"),
  h: positive("height"),
  dpr: positive("dpr"),
  format: (value) => (value === "json" ? undefined : format(value)),
  f: (value) => (value === "json" ? undefined : format(value)),
  fit: fit({
    "scale-down": INSIDE,
    contain: INSIDE,
    cover: COVER,
    crop: COVER,
    pad: CONTAIN,
    squeeze: COVER,
    "aspect-crop": COVER,
  }),
  gravity: gravities,
  g: gravities,
  background,
  rotate: rotation,
  flip: (value) => (Object.hasOwn(FLIPS, value) ? { look: { ...FLIPS[value] } } : undefined),
  blur: blur((radius) => radius / 2),
  sharpen: (value) => (Number(value) > 0 ? { look: { sharpen: true } } : {}),
  saturation: (value) => (Number(value) === 0 && value !== "" ? { look: { grayscale: true } } : neutral(value)),
  brightness: neutral,
  contrast: neutral,
  gamma: neutral,
  ...Object.fromEntries(
    "quality q metadata anim onerror compression slow-connection-quality scq".split(" ").map((name) => [name, ignored]),
  ),
}

const toOption = (text: string): Option => {
  const [name = "", ...value] = text.split("=")
  return [name.trim(), value.join("=").trim()]
}

/** Cloudflare. */
export const cloudflare: Service = {
  parse: ({ path }) => {
    const [, raw = "", source = ""] = /\/cdn-cgi\/image\/([^/]*)(\/.+)$/.exec(path) ?? []
    const options = recode(decodeURIComponent, raw)
    if (options === undefined || source === "") return refuse("bad-url", "The URL has no original.")
    const pairs = options.split(",").filter(Boolean).map(toOption)
    return toRequested(combine(pairs, MEANINGS, refuseOthers), sourceIn(source), "inside")
  },
}

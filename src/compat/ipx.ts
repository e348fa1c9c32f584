/**
 * Responsible for URLs of ipx, as Nuxt Image and unpic write them: `/_ipx/w_300,h_200,f_webp/shop/bag.jpg`. Modifiers are separated by
 * commas (unpic) or ampersands (Nuxt Image); a modifier and its value by an underscore, a colon or an equals sign. unpic knows only commas
 * and underscores, so its extractor is not used.
 */
import { recode, refuse } from "../sizes/decode-path.ts"
import { combine, toRequested } from "./combine.ts"
import {
  background,
  blur,
  CONTAIN,
  COVER,
  fit,
  flag,
  format,
  gravity,
  ignored,
  INSIDE,
  type Meaning,
  type Option,
  positive,
  rotation,
  toPositive,
} from "./meanings.ts"
import type { Part, Service } from "./service.ts"
import { sourceIn } from "./source.ts"

const resize: Meaning = (value) => {
  const [width = "", height = width] = value.split("x")
  return { width: toPositive(width), height: toPositive(height) }
}

/** Unlike other services, ipx has no widths without a value. */
const side =
  (name: "width" | "height" | "dpr"): Meaning =>
  (value) =>
    value === "" ? { [name]: NaN } : positive(name)(value)

const trim: Meaning = (value) => {
  const tolerance = Math.round(toPositive(value))
  return { look: { trim: tolerance >= 1 && tolerance <= 254 ? tolerance : 10 } }
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  w: side("width"),
  width: side("width"),
  h: side("height"),
  height: side("height"),
  dpr: side("dpr"),
  s: resize,
  resize,
  f: format,
  format,
  fit: fit({ cover: COVER, contain: CONTAIN, fill: COVER, inside: INSIDE }),
  pos: gravity({ entropy: "entropy", attention: "attention" }),
  position: gravity({ entropy: "entropy", attention: "attention" }),
  b: background,
  background,
  rotate: rotation,
  flip: flag({ look: { flip: true } }),
  flop: flag({ look: { flop: true } }),
  grayscale: flag({ look: { grayscale: true } }),
  sharpen: () => ({ look: { sharpen: true } }),
  blur: blur((sigma) => sigma),
  trim,
  q: ignored,
  quality: ignored,
  kernel: ignored,
  enlarge: ignored,
  a: ignored,
  animated: ignored,
}
/** Modifiers of ipx that no size can have. */
const EFFECTS = new Set("extend extract crop median gamma negate normalize threshold modulate tint".split(" "))

/** ipx ignores modifiers that it does not know. */
const ofOthers = (name: string): Part | undefined => (EFFECTS.has(name) ? undefined : {})

/** An unknown modifier without a value is rather a folder, in a URL without modifiers. */
const isFolder = ([name, value]: Option): boolean =>
  value === "" && !Object.hasOwn(MEANINGS, name) && !EFFECTS.has(name)

const toOption = (modifier: string): Option => {
  const [name = "", ...values] = modifier.split(/[:=_]/)
  return [name, values.join("_")]
}

/** ipx. */
export const ipx: Service = {
  parse: ({ path }) => {
    const [, raw = "", source = ""] = /\/_ipx\/([^/]*)(\/.*)?$/.exec(path) ?? []
    const modifiers = recode(decodeURIComponent, raw)
    if (modifiers === undefined) return refuse("bad-url", "The URL has a malformed escape.")
    if (source === "" || source === "/") return refuse("bad-url", "The URL has no original.")
    const options = modifiers === "_" ? [] : modifiers.split(/[,&]/).map(toOption)
    if (options.some(isFolder)) return refuse("bad-url", "A modifier has no value.")
    return toRequested(combine(options, MEANINGS, ofOthers), sourceIn(source))
  },
}

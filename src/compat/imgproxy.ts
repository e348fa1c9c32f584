/**
 * Responsible for URLs of imgproxy: `/insecure/rs:fill:300:200/plain/https://shop.example.com/bag.jpg@webp`, or with the original in base64.
 */
import { recode, type Refusal, refuse } from "../sizes/decode-path.ts"
import { combine, merge, refuseOthers, toRequested } from "./combine.ts"
import {
  blur,
  CONTAIN,
  COVER,
  format,
  gravity,
  ignored,
  INSIDE,
  type Meaning,
  type Option,
  positiveOrNone,
  rotation,
} from "./meanings.ts"
import type { Part, Service } from "./service.ts"
import { BAD_SIGNATURE, isHmac } from "./signature.ts"

const FITS: Readonly<Record<string, Part>> = {
  "": INSIDE,
  fit: INSIDE,
  fill: COVER,
  "fill-down": COVER,
  force: COVER,
  auto: COVER,
}
const isOn = (text: string | undefined): boolean => text === "1" || text === "t" || text === "true"

const mergeParts = (...parts: readonly (Part | undefined)[]): Part | undefined =>
  parts.reduce((all, part) => all && part && merge(all, part), {})

/** `width:height:enlarge:extend`. */
const size: Meaning = (value) => {
  const [width = "", height = "", , extend] = value.split(":")
  return mergeParts(positiveOrNone("width")(width), positiveOrNone("height")(height), isOn(extend) ? CONTAIN : {})
}

const resizingType: Meaning = (value) => (Object.hasOwn(FITS, value) ? FITS[value] : undefined)

/** `type:width:height:enlarge:extend`. */
const resize: Meaning = (value) => {
  const [type = "", ...rest] = value.split(":")
  return mergeParts(resizingType(type), size(rest.join(":")))
}

const GRAVITIES = {
  no: "north",
  so: "south",
  ea: "east",
  we: "west",
  noea: "northeast",
  nowe: "northwest",
  soea: "southeast",
  sowe: "southwest",
  ce: "center",
  sm: "smart",
  obj: "smart",
  objw: "smart",
} as const

const hex = (value: string): string => Number(value).toString(16).padStart(2, "0")

/** `255:255:255` or `ffffff`. */
const background: Meaning = (value) => {
  const parts = value.split(":")
  const digits =
    parts.length >= 3 && parts.every((part) => Number(part) < 256) ? parts.slice(0, 3).map(hex).join("") : value
  return /^[0-9a-f]{6}$/i.test(digits) ? { background: `#${digits.toLowerCase()}` } : {}
}

const zero: Meaning = (value) => (/^(?:0|)(?::0*)*$/.test(value) ? {} : undefined)
const one: Meaning = (value) => (/^1?(?::1)?$/.test(value) ? {} : undefined)

const flip: Meaning = (value) => {
  const [across, down] = value.split(":")
  return { look: { ...(isOn(across) && { flop: true }), ...(isOn(down) && { flip: true }) } }
}

const named: Meaning = (value) =>
  value === "" || value === "default" ? {} : value.includes(":") ? undefined : { name: value }
const sharpen: Meaning = (value) => (Number(value) > 0 ? { look: { sharpen: true } } : {})
/** The threshold is in steps of a channel, as in imgtailor. */
const trim: Meaning = (value) => {
  const threshold = Math.round(Number(value.split(":")[0]))
  return threshold >= 1 && threshold <= 254 ? { look: { trim: threshold } } : zero(value)
}
const extend: Meaning = (value) => (isOn(value.split(":")[0]) ? CONTAIN : {})

const aliases = (meaning: Meaning, ...names: readonly string[]): Readonly<Record<string, Meaning>> =>
  Object.fromEntries(names.map((name) => [name, meaning]))

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ...aliases(resize, "resize", "rs"),
  ...aliases(size, "size", "s"),
  ...aliases(resizingType, "resizing_type", "rt"),
  ...aliases(positiveOrNone("width"), "width", "w"),
  ...aliases(positiveOrNone("height"), "height", "h"),
  ...aliases(positiveOrNone("dpr"), "dpr"),
  ...aliases(extend, "extend", "ex"),
  ...aliases((value) => gravity(GRAVITIES)(value.split(":")[0] ?? ""), "gravity", "g"),
  ...aliases(trim, "trim", "t"),
  ...aliases(rotation, "rotate", "rot"),
  ...aliases(flip, "flip", "fl"),
  ...aliases(background, "background", "bg"),
  ...aliases(
    blur((sigma) => sigma),
    "blur",
    "bl",
  ),
  ...aliases(sharpen, "sharpen", "sh"),
  ...aliases(format, "format", "f", "ext"),
  ...aliases(named, "preset", "pr"),
  ...aliases(one, "zoom", "z"),
  ...aliases(zero, "min-width", "mw", "min-height", "mh", "min_width", "min_height", "padding", "pd", "crop", "c"),
  ...aliases(zero, "brightness", "br", "pixelate", "pix", "page", "pg", "watermark", "wm"),
  ...aliases(one, "contrast", "co"),
  ...aliases((value) => (value === "0" ? { look: { grayscale: true } } : one(value)), "saturation", "sa"),
  ...aliases(ignored, ..."enlarge el auto_rotate ar quality q format_quality fq max_bytes mb".split(" ")),
  ...aliases(
    ignored,
    ..."strip_metadata sm keep_copyright kcr strip_color_profile scp enforce_thumbnail eth".split(" "),
  ),
  ...aliases(ignored, ..."cachebuster cb expires exp filename fn return_attachment att skip_processing skp".split(" ")),
  ...aliases(ignored, ..."jpeg_options jpgo png_options pngo webp_options webpo avif_options avifo dpi".split(" ")),
  ...aliases(ignored, ..."max_src_resolution msr max_src_file_size msfs max_animation_frames maf".split(" ")),
}

const toOption = (text: string): Option => {
  const at = text.indexOf(":")
  return [text.slice(0, at), text.slice(at + 1)]
}

interface Tail {
  readonly source: string
  readonly extension: string
}

/** `plain/<escaped URL>@webp`, or base64 in one or more segments with an extension. */
const tailOf = (segments: readonly string[]): Tail | undefined => {
  const [kind, ...rest] = segments
  if (kind === "plain") {
    const [escaped = "", extension = ""] = rest.join("/").split("@")
    const source = recode(decodeURIComponent, escaped)
    return source ? { source, extension } : undefined
  }
  const [encoded = "", extension = ""] = segments.join("").split(".")
  if (!/^[\w+-]+=*$/.test(encoded)) return undefined
  const source = Buffer.from(encoded, "base64url").toString("utf8")
  return source === "" ? undefined : { source, extension }
}

/** @param key `<hex key>:<hex salt>`, with `:<bytes>` for truncated signatures */
const verify = (signature: string, rest: string, keys: string): Refusal | undefined => {
  const [key = "", salt = "", byteLength] = keys.split(":")
  const message = Buffer.concat([Buffer.from(salt, "hex"), Buffer.from(rest)])
  const hmac = { algorithm: "sha256", key: Buffer.from(key, "hex") } as const
  const options = byteLength === undefined ? hmac : { ...hmac, byteLength: Number(byteLength) }
  return isHmac(signature, message, options) ? undefined : BAD_SIGNATURE
}

/** imgproxy. */
export const imgproxy: Service = {
  parse: ({ path }, keys) => {
    const [, signature = "", rest = ""] = /^\/([^/]+)(\/.+)$/.exec(path) ?? []
    const refusal = keys === undefined ? undefined : verify(signature, rest, keys)
    if (refusal) return refusal
    const segments = rest.slice(1).split("/")
    const end = segments.findIndex((segment) => segment === "plain" || !/^[a-z_-]+:/.test(segment))
    const tail = end < 0 ? undefined : tailOf(segments.slice(end))
    if (!tail) return refuse("bad-url", "The URL names no original, or an encrypted one.")
    const options = segments.slice(0, end).map(toOption)
    const { part, unsupported } = combine(options, MEANINGS, refuseOthers)
    const extension: Part = tail.extension === "" ? {} : (format(tail.extension) ?? {})
    return toRequested({ part: { ...part, ...extension }, unsupported }, tail.source, "inside")
  },
}

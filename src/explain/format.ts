/** Responsible for an explanation as text for a terminal. */
import { byteText } from "../units.ts"
import type {
  ExplainedLimit,
  ExplainedOriginal,
  ExplainedReading,
  ExplainedRecipe,
  ExplainedRefusal,
  ExplainedRendition,
  ExplainedResponse,
  ExplainedStored,
  ExplainedUrl,
  Explanation,
} from "./explanation.ts"

/** How headings are shown. */
export interface TextStyle {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

type Row = readonly [name: string, value: string | number | boolean | undefined]

const isShown = ([, value]: Row): boolean => value !== undefined && value !== ""

/** Control characters and marks of direction in names would change how the terminal shows the rest. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`)

const table = (rows: readonly Row[]): readonly string[] => {
  const shown = rows.filter(isShown)
  const width = Math.max(0, ...shown.map(([name]) => name.length))
  return shown.map(([name, value]) => `  ${name.padEnd(width)}  ${visible(String(value))}`)
}

const optionalBytes = (byteLength: number | undefined): string | undefined =>
  byteLength === undefined ? undefined : byteText(byteLength)

const dimensions = (box: { readonly width?: number | undefined; readonly height?: number | undefined }) =>
  box.width === undefined || box.height === undefined ? undefined : `${box.width} × ${box.height} pixels`

const readingText = ({ original, size, format, exists, isChosen }: ExplainedReading): string => {
  const meaning = `${size}${format === undefined ? "" : ` as ${format}`} of ${original}`
  const state = exists === undefined ? "not looked up" : exists ? "exists" : "no such original"
  return `${meaning} (${isChosen ? "this one; it exists" : state})`
}

const urlRows = ({ target, requestedSize, isListed, nearestSize, accept, ...url }: ExplainedUrl): readonly Row[] => [
  ["path", target],
  ["size", requestedSize && `${requestedSize} (${isListed ? "listed" : "not listed by this name"})`],
  ["nearest size", nearestSize],
  ["Accept", accept ?? "none"],
  ["negotiated", url.isNegotiated ? (url.negotiatedFormat ?? "the original's own format") : "no, the URL decides"],
  ["rendition", url.contentLocation],
  ...url.readings.map((reading, at): Row => [`reading ${at + 1}`, readingText(reading)]),
]

const refusalRows = ({ code, status, detail, hint }: ExplainedRefusal): readonly Row[] => [
  ["error", `${status} ${code}`],
  ["reason", detail],
  ["remedy", hint],
]

const originalRows = (original: ExplainedOriginal): readonly Row[] => [
  ["key", original.key],
  ["format", original.format],
  ["dimensions", dimensions(original)],
  ["length", byteText(original.byteLength)],
  ["animated", original.isAnimated === true ? "yes" : undefined],
  ["transparent", original.hasAlpha === true ? "yes" : undefined],
  ["focal point", original.focalPoint?.join(", ")],
  ["version", `${original.version}${original.isStable ? "" : " (changed a moment ago)"}`],
]

const recipeRows = ({ id, fields, contentType, ...recipe }: ExplainedRecipe): readonly Row[] => [
  ["id", id],
  ["output", [dimensions(recipe), contentType].filter((part) => part !== undefined).join(", ")],
  ...fields.map(({ name, value }): Row => [name, value]),
]

const storedRows = ({ key, ...stored }: ExplainedStored): readonly Row[] => [
  ["key", key],
  ["length", optionalBytes(stored.byteLength)],
  ["type", stored.contentType],
  ["made from", stored.original],
  ["version", stored.version],
  ["recipe", stored.recipeId],
  ["digest", stored.digest],
  ["ETag", stored.etag],
  ["Last-Modified", stored.lastModified],
]

const responseRows = ({ status, outcome, headers, estimateBytes }: ExplainedResponse): readonly Row[] => [
  ["status", `${status} (${outcome})`],
  ["expected memory", optionalBytes(estimateBytes)],
  ...Object.entries(headers),
]

const limitText = ({ limit, value, unit, isExceeded }: ExplainedLimit): string => {
  const show = (number: number): string => (unit === "bytes" ? byteText(number) : `${number} ${unit}`)
  return `${value === undefined ? "" : `${show(value)} of `}${show(limit)}${isExceeded ? ": EXCEEDED" : ""}`
}

const renditionRow = ({ url, state }: ExplainedRendition): Row => [state, url]

/** An explanation as lines of text, without a newline at the end. */
export const formatExplanation = (explanation: Explanation, { bold, dim }: TextStyle): string => {
  const { summary, url, refusal, original, recipe, stored, freshness, response, limits, renditions } = explanation
  const sections: readonly (readonly [heading: string, rows: readonly Row[]])[] = [
    ["URL", url ? urlRows(url) : []],
    ["Refused", refusal ? refusalRows(refusal) : []],
    ["Original", original ? originalRows(original) : []],
    ["Recipe", recipe ? recipeRows(recipe) : []],
    ["Stored rendition", stored ? storedRows(stored) : []],
    [
      "Freshness",
      freshness ? [["state", freshness.state], ...freshness.reasons.map((one): Row => ["reason", one])] : [],
    ],
    ["Response", response ? responseRows(response) : []],
    ["Renditions", renditions?.map(renditionRow) ?? []],
    ["Limits", limits.map((limit): Row => [limit.setting, limitText(limit)])],
  ]
  const texts = sections.flatMap(([heading, rows]) => {
    const lines = table(rows)
    return lines.length === 0 ? [] : `\n${dim(heading)}\n${lines.join("\n")}`
  })
  return [bold(visible(summary)), ...texts].join("\n")
}

/** Generated requests, hostile ones included, the same in each run: the edge function and the server must agree about them. */
import * as fc from "fast-check"

import type { EdgeHeader, EdgeRequest } from "../../src/aws/edge/handler.ts"
import type { Grammar } from "../../src/sizes/key.ts"
import { AWKWARD_NAMES } from "../../src/testing/samples.ts"

const HOSTILE = [
  "",
  ...". .. %2e %2E%2e ..%2f a%2fb a%5cb a\\b %00 a%0ab %7f %c2%80 %c2%9f %c2%a0 %ff %C0%AF %ED%A0%80 %f5%80%80%80".split(
    " ",
  ),
  ..."%e2%82 % %2 %zz %25 %252e%252e %2520 %u0041 __proto__ constructor info INFO %69nfo $&".split(" "),
]

const EXTENSIONS = [
  "",
  ..."jpg JPG jpeg JPe jfif png apng webp WEBP avif gif g\u0130f \u212apg tif HEIC svg json json.json txt".split(" "),
  ..."constructor jpg.webp webp.jpg JPG.avif jpg.gif jpg.WEBP tif.png jpg.webp.webp txt.webp .webp".split(" "),
]

/** Sizes that no list contains, and texts that are not sizes. */
const UNLISTED = [
  "361x270",
  "360X270",
  "0360x270",
  "360\u00d7270",
  "360 x 270",
  " 360x270",
  "@360x270",
  "\u00e9360x270",
  "700w",
  "9999w",
  "0w",
  "-1w",
  "1e3w",
  "360x",
  "x270",
  "360",
  "100x100",
  "600x600",
  "613w",
  "77h",
  "8192x8192",
  "99999999999x1",
  "thum",
  "Thumb",
  "thumbs",
  "s".repeat(65),
  "\u00e9".repeat(40),
  "\u{1f600}".repeat(40),
  `${"9".repeat(63)}\u{1f3fa}x`,
  '"',
  "\u2028",
]

const ACCEPTS: readonly (string | readonly string[] | undefined)[] = [
  undefined,
  "",
  "*/*",
  "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
  "image/webp",
  "IMAGE/WEBP ; Q=0.5 , image/png;q=0.4",
  "image/webp;q=0.3,image/avif;q=0.3,image/jpeg;q=0.2",
  "image/avif;q=0, image/webp",
  "image/jpeg, image/webp;q=0.5",
  "image/gif,image/png",
  "image/webp;q=1.5, image/avif;q=.5",
  "image/webp;q=0.0001",
  "image/webp\u00a0,\u00a0image/avif;q=0.1",
  "__proto__/x, toString;q=0.1, image/avif",
  "image/webp;q=0.1, image/webp;q=0.9, */*;q=0.5",
  "application/json",
  "application/problem+json, image/webp",
  "xapplication/json",
  ["image/webp;q=0.2", "image/avif;q=0.1"],
  ["text/html", "application/json"],
]

const encoded = (text: string): string => encodeURIComponent(text)
/** Spellings of a text: some reserved characters are not escaped, and some unreserved ones are. */
const spelt = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: text.map(encoded) },
    { weight: 2, arbitrary: text },
    text.map((name) => encoded(name).toLowerCase()),
    text.map((name) => encoded(name).replace(/[a-e1-3]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)),
  )

const word = fc.string({
  unit: fc.constantFrom("a", "Z", "0", "-", "_", "~", "é", "ș", "中", "🏺", "e\u0301"),
  maxLength: 6,
})
const anything = fc.string({ unit: "binary", maxLength: 8 })
const long = fc
  .tuple(fc.constantFrom("a", "é", "中", "🏺"), fc.integer({ min: 900, max: 1030 }))
  .map(([unit, bytes]) => unit.repeat(Math.floor(bytes / new TextEncoder().encode(unit).length)))
const file = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(word, fc.constantFrom(...EXTENSIONS)).map(([name, end]) => `${name}.${end}`) },
  { weight: 3, arbitrary: fc.constantFrom(...AWKWARD_NAMES) },
  anything,
  fc.tuple(long, fc.constantFrom(".jpg", ".webp", ".json")).map(([name, end]) => name + end),
)

const side = fc.oneof(fc.integer({ min: 1, max: 8300 }), fc.integer({ min: 1, max: 1500 }))
/** Sizes that are rarely listed. */
const anySize = fc.oneof(
  side.map((width) => `${width}w`),
  side.map((height) => `${height}h`),
  fc.tuple(side, side).map(([width, height]) => `${width}x${height}`),
)

const pathUnder = ({ sizes, retired }: Grammar, basePath: string): fc.Arbitrary<string> => {
  const listed = sizes.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  const size = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...listed) },
    { weight: 2, arbitrary: fc.constant("info") },
    { weight: 3, arbitrary: spelt(fc.constantFrom(...UNLISTED, ...retired.sizes, ...listed)) },
    { weight: 2, arbitrary: spelt(anySize) },
  )
  const directory = fc.oneof(
    { weight: 8, arbitrary: spelt(word.filter((text) => text !== "")) },
    fc.constantFrom(...HOSTILE, ...listed, ...retired.sizes, encoded("x".repeat(500))),
  )
  const directories = fc.oneof(
    fc.constantFrom<string[]>([], ["produs_227613"], ["shop", listed[0] ?? ""], ["info"]),
    fc.array(directory, { maxLength: 3 }),
  )
  const last = fc.oneof({ weight: 10, arbitrary: spelt(file) }, fc.constantFrom(...HOSTILE))
  const path = fc.tuple(directories, size, last).map(([before, name, end]) => [...before, name, end].join("/"))
  const start = fc.oneof(
    { weight: 12, arbitrary: fc.constant(`${basePath}/`) },
    fc.constantFrom("/", "//", "", `${basePath}//`, `${basePath}x/`, "/img", "/IMG/"),
  )
  return fc.oneof(
    { weight: 20, arbitrary: fc.tuple(start, path).map(([before, after]) => before + after) },
    fc.constantFrom("/", "/healthz", "/healthz/", `${basePath}/healthz`, "/favicon.ico", basePath),
    fc.constantFrom(
      "/imgtailor.json",
      `${basePath}/imgtailor.json`,
      `${basePath}/imgtailor.json/`,
      "/x/imgtailor.json",
    ),
    fc
      .array(fc.oneof(anything, fc.constantFrom("/", "%", "360x270", "info", ".jpg")), { maxLength: 8 })
      .map((all) => `/${all.join("")}`),
  )
}

const toHeader = (sent: string | readonly string[]): EdgeHeader =>
  typeof sent === "string" ? { value: sent } : { value: sent[0] ?? "", multiValue: sent.map((value) => ({ value })) }

/** Requests for an installation, hostile ones included; the same in each run. */
export const edgeRequests = (grammar: Grammar, basePath: string, numRuns: number): readonly EdgeRequest[] => {
  const methods = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom("GET", "HEAD") },
    fc.constantFrom("OPTIONS", "POST", "PUT", "get"),
  )
  // CloudFront splits the query from the path, so a path has no question mark.
  const path = pathUnder(grammar, basePath).map((text) => text.replaceAll("?", "%3F"))
  const request = fc.tuple(methods, path, fc.constantFrom(...ACCEPTS)).map(([method, uri, accept]): EdgeRequest => ({
    method,
    uri,
    querystring: { v: { value: "1" } },
    headers: { host: { value: "photos.example" }, ...(accept !== undefined && { accept: toHeader(accept) }) },
    cookies: { session: { value: "1" } },
  }))
  return fc.sample(request, { seed: 20_261_125, numRuns })
}

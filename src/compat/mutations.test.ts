/**
 * URLs of services that are mutated: none causes an exception, leads outside the list, or to the file of another host. The oracle for hosts
 * is the URL parser of the platform.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { createCompatResolve } from "../http/compat.ts"
import { resolveUrlPath, type ResolvedUrl, withoutQuery } from "../http/url-path.ts"
import type { Refusal } from "../sizes/decode-path.ts"
import { toOriginalKey } from "../sizes/key.ts"
import { parseSizeList } from "../sizes/list.ts"
import { SERVICE_NAMES, type ServiceName } from "./names.ts"
import type { RequestedImage } from "./service.ts"
import { SERVICES } from "./services.ts"

/** `MUTATIONS=20000` in .ci/run. */
const MUTATIONS = Number(process.env["MUTATIONS"]) || 4000

const parsed = parseSizeList([
  "320w",
  "1280w",
  "480h",
  "360x270",
  { size: "600x600", name: "boxed", fit: "inside" },
  { size: "600x600", name: "padded", fit: "contain" },
  { size: "640w", name: "grey", grayscale: true },
])
if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
const GRAMMAR = {
  sizes: parsed.list,
  formats: ["avif", "webp"],
  retired: { sizes: [], formats: [] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
} as const

/** Originals of the only mapped host have keys that no path has. */
const TRUSTED = "zz-trusted/"
const HOST = "shop.example.com"

/** Texts that parsers treat in special ways. */
const PIECES = [
  "..",
  "%2e%2e",
  "%2E%2E%2F",
  "/",
  "//",
  "%2F",
  "%252F",
  "\\",
  "%5C",
  "@",
  "%40",
  ":",
  "%3A",
  "?",
  "#",
  "%23",
  "&",
  "=",
  ",",
  "%00",
  "%0A",
  "%",
  "%zz",
  "%ff",
  "~",
  "é",
  "\ud800",
  "https://",
  "http:/",
  "https:",
  "//evil.example/",
  "https://evil.example/",
  "https%3A%2F%2Fevil.example%2F",
  `https://${HOST}@evil.example/`,
  `https://${HOST}.evil.example/`,
  `https://evil.example\\@${HOST}/`,
  `https://${HOST}:8443/`,
  `https://${HOST}%2Fx`,
  `https://${HOST}/`,
  `${HOST}/`,
  "javascript:alert(1)",
  "data:image/png;base64,AA==",
  "file:///etc/passwd",
  "local:///../",
  "s3://bucket/",
  "w=1e9",
  "w_0",
  "w_-1",
  "NaN",
  "Infinity",
  "0x10",
  "1e999",
  "__proto__",
  "constructor",
  "toString",
  "99999999999999999999",
  "()",
  "filters:",
  "320w",
  "info",
  "aHR0cHM6Ly9ldmlsLmV4YW1wbGUvYS5qcGc",
  "x".repeat(300),
]

/** Numbers from 0 to below 1 that are the same in every run (mulberry32). */
const createRandom = (seed: number): (() => number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const urlsOf = (name: ServiceName): readonly string[] =>
  [
    ...readFileSync(join(import.meta.dirname, `../../docs/compat/${name}.md`), "utf8").matchAll(/^\| `(.+?)` +\|/gm),
  ].map(([, url = ""]) => url)

const mutate = (url: string, random: () => number): string => {
  let mutated = url
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = Math.floor(random() * (mutated.length + 1))
    const piece = PIECES[Math.floor(random() * PIECES.length)] ?? ""
    const removed = Math.floor(random() * 4) * Math.floor(random() * 6)
    mutated = mutated.slice(0, at) + (random() < 0.7 ? piece : "") + mutated.slice(at + removed)
  }
  return mutated.startsWith("/") ? mutated : `/${mutated}`
}

/** The host to which a browser would send a request for a source; undefined if it has none. */
const hostOf = (source: string, canBeginWithHost: boolean): string | undefined => {
  const base = "https://none.invalid"
  // Servers that merge slashes leave one of two.
  const whole = source.replace(/^(https?):\/(?!\/)/i, "$1://")
  const text = canBeginWithHost && !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(whole) ? `//${whole.replace(/^\//, "")}` : whole
  const { host } = URL.canParse(text, base) ? new URL(text, base) : { host: undefined }
  return host
}

const LISTED = new Set<unknown>([...GRAMMAR.sizes, "info"])

const isListed = ({ parsed: { readings } }: ResolvedUrl): boolean =>
  readings.every(({ original, size }) => LISTED.has(size) && toOriginalKey(original) === original)

/** Whether imgtailor's own URL of a rendition leads to the same. */
const isSame = (url: string, { contentLocation = withoutQuery(url), parsed: { key } }: ResolvedUrl): boolean => {
  const own = resolveUrlPath(contentLocation, undefined, "", GRAMMAR)
  return !("refused" in own) && own.parsed.key === key
}

const isOfHost = (image: RequestedImage | Refusal): boolean =>
  "source" in image && hostOf(image.source, image.canBeginWithHost ?? false) === HOST

describe.each(SERVICE_NAMES)("mutated URLs of %s", (name) => {
  it(`none of ${MUTATIONS} mutated URLs of ${name} throws, leaves the list or means another host's file`, async () => {
    const resolve = createCompatResolve(resolveUrlPath, GRAMMAR, {
      compat: [name],
      compatOrigins: { [HOST]: TRUSTED },
      compatKeys: {},
      basePath: "",
    })
    const service = await SERVICES[name].load()
    const [random, urls] = [createRandom(SERVICE_NAMES.indexOf(name) + 1), urlsOf(name)]
    const wrong: unknown[] = []
    let accepted = 0
    for (let run = 0; run < MUTATIONS; run++) {
      const url = mutate(urls[run % urls.length] ?? "", random)
      const resolved = await resolve(url, "image/webp")
      if ("refused" in resolved) continue
      accepted += 1
      if (!isListed(resolved) || !isSame(url, resolved)) wrong.push({ url, key: resolved.parsed.key })
      const path = withoutQuery(url)
      const isTrusted = resolved.parsed.key.startsWith(TRUSTED)
      const image = isTrusted ? service.parse({ path, query: url.slice(path.length + 1) }) : undefined
      if (image && !isOfHost(image)) wrong.push({ url, image })
    }
    expect(wrong.slice(0, 5)).toEqual([])
    expect(accepted).toBeGreaterThan(MUTATIONS / 20)
  })
})

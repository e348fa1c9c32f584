/** Explanations compared with the answers that a server then gives: over URLs, settings, `Accept` headers and states of the stores. */
import {
  type Arbitrary,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  oneof,
  record,
  tuple,
} from "fast-check"
import { describe, expect, it } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor, type OpenTailor } from "../../src/create-tailor.ts"
import { createExplain } from "../../src/explain/explain.ts"
import type { Explanation } from "../../src/explain/explanation.ts"
import type { Answer } from "../../src/http/answer.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import type { Originals, RenditionMeta } from "../../src/store/store.ts"
import { animated, flat, noise, quadrants } from "../support/photos.ts"

const SIZES: NonNullable<TailorOptions["sizes"]> = [
  "40x30",
  "50w",
  "30h",
  { size: "20x20", name: "icon", aliases: ["16x16", "tiny"], gravity: "smart" },
  { size: "24w", name: "social", format: "jpeg" },
  { size: "26w", name: "one", formats: ["webp"] },
  { size: "28x28", name: "inside", fit: "inside", cacheControl: "public, max-age=7" },
]

const SETTINGS: Arbitrary<Partial<TailorOptions>> = record(
  {
    formats: constantFrom(["avif", "webp"] as const, ["webp"] as const, [], ["webp", "png"] as const),
    unknownSize: constantFrom("reject" as const, "snap" as const),
    basePath: constantFrom("", "/img"),
    retired: constant({ sizes: ["90w"], formats: ["gif" as const] }),
    cacheTags: boolean(),
    cacheControl: constantFrom("public, max-age=60, s-maxage=600", "no-cache"),
    missing: constant("shop/a.jpg"),
    compat: constantFrom(["imgix" as const], ["cloudinary" as const, "nextjs" as const]),
    exclude: constant(["drafts/**"]),
    quality: constantFrom(40, 80),
    staleRecipe: constantFrom("serve" as const, "render" as const),
    limits: constantFrom({ pixels: 4000 }, { bytes: 2000 }),
  },
  { requiredKeys: [] },
)

const FILES = [
  "a.jpg",
  "a b.png",
  "turning.gif",
  "photo.webp",
  "a.jpg.webp",
  "not-an-image.jpg",
  "broken.png",
  "tall.png",
  "absent.jpg",
  "x.png",
]
const NAMES = [
  "40x30",
  "50w",
  "30h",
  "icon",
  "16x16",
  "tiny",
  "social",
  "one",
  "inside",
  "info",
  "90w",
  "51w",
  "300",
  "é",
  "",
]
const ENDINGS = ["", "", "", ".avif", ".webp", ".jpeg", ".json", ".gif"]

const TARGET: Arbitrary<string> = oneof(
  {
    weight: 12,
    arbitrary: tuple(
      constantFrom("shop/", "", "drafts/"),
      constantFrom(...NAMES),
      constantFrom(...FILES),
      constantFrom(...ENDINGS),
      constantFrom("", "", "?v=2", "?w=45", "?w=45&h=30&fit=crop"),
    ).map(([folder, size, file, ending, query]) => `/${folder}${size}/${encodeURIComponent(file + ending)}${query}`),
  },
  {
    weight: 3,
    arbitrary: constantFrom(
      "/",
      "/imgtailor.json",
      "/healthz",
      "/shop/a.jpg?w=45",
      "/image/upload/w_50/shop/a.jpg",
      "/_next/image?url=%2Fshop%2Fa.jpg&w=50&q=75",
      "/%zz/a.jpg",
      "//",
      "/shop/../50w/a.jpg",
    ),
  },
)

const ACCEPT = constantFrom(
  undefined,
  "*/*",
  "image/avif,image/webp,image/*;q=0.8",
  "image/webp",
  "image/avif;q=0.1,image/webp;q=0.9",
  "application/json",
  "text/html",
)

/** Events before the explanation, in order. */
const BEFORE = constantFrom("nothing", "requested", "replaced", "deleted", "other settings", "foreign")

type Photos = ReadonlyMap<string, Uint8Array>

const makePhotos = async (): Promise<Photos> => {
  const jpeg = await quadrants({ width: 90, height: 60 })
  const png = await flat({ width: 70, height: 50, format: "png" })
  return new Map<string, Uint8Array>([
    ["shop/a.jpg", jpeg],
    ["shop/a.jpg.webp", await flat({ width: 33, height: 22, format: "webp" })],
    ["shop/a b.png", png],
    ["shop/x.png", await noise({ width: 64, height: 48, format: "png" })],
    ["shop/turning.gif", await animated({ width: 48, height: 36, format: "gif" })],
    ["shop/photo.webp", await flat({ width: 60, height: 45, format: "webp" })],
    ["shop/not-an-image.jpg", new TextEncoder().encode("%PDF-1.7\n")],
    ["shop/broken.png", png.subarray(0, 20)],
    // Higher than WebP and AVIF can be.
    ["shop/tall.png", await flat({ width: 3, height: 17_000, format: "png" })],
    ["a.jpg", jpeg],
    ["drafts/a.jpg", jpeg],
  ])
}
const PHOTOS = makePhotos()

const OTHER = flat({ width: 80, height: 44 })

/** The record of a file that another program stored. */
const FOREIGN: RenditionMeta = {
  original: "",
  version: "",
  kind: undefined,
  recipeId: "",
  etag: '"foreign"',
  contentType: "image/jpeg",
  modifiedMs: 1_700_000_000_000,
  isForeign: true,
}

const open = (
  options: Partial<TailorOptions>,
  originals: Originals,
  renditions: TailorOptions["renditions"],
): OpenTailor =>
  openTailor(resolveConfig({ originals, renditions, sizes: SIZES, isolation: "none", ...options }, environment()))

const request = async (tailor: OpenTailor, target: string, accept: string | undefined): Promise<Answer> =>
  tailor.handle({ method: "GET", target, header: (name) => (name === "accept" ? accept : undefined) })

/** Reads the body to its end, so that nothing stays open. */
const drain = async ({ body }: Answer): Promise<void> => {
  if (body && !(body instanceof Uint8Array)) for await (const _ of body);
}

const OUTCOMES: Readonly<Record<string, readonly string[]>> = {
  hit: ["hit"],
  miss: ["miss"],
  revalidate: ["hit", "miss"],
  refused: ["refused"],
  other: ["other"],
}

const expectAgreement = ({ response, refusal }: Explanation, answer: Answer): void => {
  expect(answer.status).toBe(response?.status)
  expect(OUTCOMES[response?.outcome ?? ""]).toContain(answer.decision.outcome)
  expect(answer.decision.code).toBe(refusal?.code)
  expect(answer.headers).toMatchObject(response?.headers ?? {})
}

describe("explain", () => {
  it("explain agrees with the answer that the server then gives", async () => {
    const photos = await PHOTOS
    const outcomes = new Set<string>()
    await assert(
      asyncProperty(SETTINGS, TARGET, ACCEPT, BEFORE, async (settings, path, accept, before) => {
        const originals = memoryOriginals()
        for (const [key, bytes] of photos) originals.set(key, bytes)
        const renditions = memoryRenditions()
        const target = `${settings.basePath ?? ""}${path}`
        const earlier = before === "other settings" ? { ...settings, quality: 71 } : settings
        if (before !== "nothing") await drain(await request(open(earlier, originals, renditions), target, accept))
        if (before === "replaced") originals.set("shop/a.jpg", await OTHER)
        if (before === "deleted") originals.remove("shop/a.jpg")
        if (before === "foreign") await renditions.put("shop/40x30/a.jpg", await OTHER, FOREIGN)
        const tailor = open(settings, originals, renditions)
        const explanation = await createExplain(tailor)(target, { accept })
        const answer = await request(tailor, target, accept)
        await drain(answer)
        await tailor.idle()
        expectAgreement(explanation, answer)
        outcomes.add(`${explanation.response?.outcome} ${explanation.refusal?.code ?? ""}`.trim())
      }),
      {
        numRuns: 120,
        // A case of each common outcome, which random ones may lack.
        examples: [
          [{}, "/shop/50w/a.jpg", undefined, "nothing"],
          [{}, "/shop/50w/a.jpg", undefined, "requested"],
          [{}, "/shop/51w/a.jpg", undefined, "nothing"],
          [{}, "/shop/50w/absent.jpg", undefined, "nothing"],
        ],
      },
    )
    // The cases above are not all alike.
    for (const outcome of ["hit", "miss", "refused size-not-allowed", "refused original-not-found"])
      expect(outcomes).toContain(outcome)
  })
})

/** Responsible for the description of a catalogue, which the page needs before anything else. */
import { describeError } from "../errors.ts"
import { findOriginals } from "../find-originals.ts"
import { formatsOf } from "../sizes/key.ts"
import { type Size, toSizeInput } from "../sizes/list.ts"
import { isSourceList } from "../store/sources.ts"
import type { Catalogue, CatalogueSize } from "./api.ts"
import { replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"

const nameOf = (location: string | { readonly name: string }): string =>
  // Credentials in a URL are not for display.
  typeof location === "string" ? location.replace(/\/\/[^/@]*@/, "//") : location.name

/** Where originals are, for people. */
const originalsText = (originals: RouteParts["tailor"]["config"]["originals"]): string =>
  isSourceList(originals)
    ? originals.map(({ prefix, location }) => `${prefix || "/"} from ${nameOf(location)}`).join(", ")
    : nameOf(originals)

/** Why focal points may not be saved, as a sentence; undefined if they may. */
export const whyNotWrite = ({
  studioWrite,
  focalPoints,
}: Pick<RouteParts["tailor"]["config"], "studioWrite" | "focalPoints">): string | undefined => {
  if (!studioWrite) return "Start with --studio-write to save focal points."
  if (typeof focalPoints !== "string") return "Set focalPoints to a JSON file to save focal points."
  return undefined
}

const toCatalogueSize = (size: Size, { core, config }: RouteParts["tailor"]): CatalogueSize => ({
  name: size.name,
  width: size.width,
  height: size.height,
  formats: formatsOf(size, core.grammar),
  forcedFormat: size.format,
  quality: { ...config.settings.quality, ...size.quality },
  input: toSizeInput(size),
  usesFocalPoint: size.gravity === "smart",
})

/** `GET api/catalogue`. */
export const createCatalogueRoute =
  ({ tailor, isOpen, version }: RouteParts): Route =>
  async () => {
    const { config, core } = tailor
    let problem: string | undefined
    const [exampleOriginal] = await findOriginals(tailor.originals, 1).catch((error: unknown) => {
      problem = describeError(error)
      return []
    })
    const why = whyNotWrite(config)
    return replyJson({
      version,
      basePath: config.basePath,
      sizes: core.grammar.sizes.map((size) => toCatalogueSize(size, tailor)),
      formats: core.grammar.formats,
      unknownSize: config.unknownSize,
      originals: originalsText(config.originals),
      renditions: nameOf(config.renditions),
      isOpen,
      canWrite: why === undefined,
      whyNotWrite: why,
      exampleOriginal,
      problem,
    } satisfies Catalogue)
  }

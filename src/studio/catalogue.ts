/** Responsible for the description of a catalogue, which the page needs before anything else. */
import { describeError } from "../errors.ts"
import { findOriginals } from "../find-originals.ts"
import { keepFor } from "../keep-for.ts"
import { formatsOf } from "../sizes/key.ts"
import { type Size, toSizeInput } from "../sizes/list.ts"
import { parseObjectUrl } from "../store/registry.ts"
import { isSourceList } from "../store/sources.ts"
import type { Catalogue, CatalogueSize } from "./api.ts"
import { renditionKeyOf } from "./focal-object.ts"
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
  renditions,
}: Pick<RouteParts["tailor"]["config"], "studioWrite" | "focalPoints" | "renditions">): string | undefined => {
  if (!studioWrite) return "Start with --studio-write to save focal points."
  if (typeof focalPoints !== "string") return "Set focalPoints to a JSON file to save focal points."
  return parseObjectUrl(focalPoints) === undefined || renditionKeyOf(focalPoints, renditions) !== undefined
    ? undefined
    : "Set focalPoints to a JSON file, or to an object beside the renditions, to save focal points."
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

interface Example {
  readonly exampleOriginal?: string | undefined
  readonly problem?: string | undefined
}

/** A large folder is listed once for several requests, and the page does not wait for it. */
const EXAMPLE_TIMES = { keptMs: 60_000, waitMs: 200 }

const findExample = async ({ originals }: RouteParts["tailor"]): Promise<Example> => {
  try {
    const [exampleOriginal] = await findOriginals(originals, 1)
    return { exampleOriginal }
  } catch (error) {
    return { problem: describeError(error) }
  }
}

/** `GET api/catalogue`. */
export const createCatalogueRoute = ({ tailor, isOpen, version }: RouteParts): Route => {
  const example = keepFor(() => findExample(tailor), EXAMPLE_TIMES)
  return async () => {
    const { config, core } = tailor
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
      ...(await example()),
    } satisfies Catalogue)
  }
}

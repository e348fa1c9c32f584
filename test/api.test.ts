/** The public API of the package: the names that each entry exports, and a docstring for every exported name. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"

import { describe, expect, it } from "vitest"

const ROOT = dirname(import.meta.dirname)
const SRC = join(ROOT, "src")

const textOf = (file: string): string => readFileSync(join(SRC, file), "utf8")

/** An exported name, and the file that declares it. */
interface Export {
  readonly name: string
  readonly file: string
  readonly isType: boolean
}

const DECLARATION = /^export (?:declare )?(?:async )?(const|let|function\*?|class|interface|type) (\w+)/gm
const LIST = /^export (type )?\{([^}]*)\}(?: from "([^"]+)")?/gm
const STAR = /^export (type )?\* from "([^"]+)"/gm

const declarationsOf = (file: string): readonly Export[] =>
  Array.from(textOf(file).matchAll(DECLARATION), ([, kind = "", name = ""]) => ({
    name,
    file,
    isType: kind === "interface" || kind === "type",
  }))

/** All exports of a file, including those of other files. */
const exportsOf = (file: string): readonly Export[] => {
  const target = (specifier: string | undefined): string =>
    specifier === undefined ? file : posix.join(posix.dirname(file), specifier)
  const listed = Array.from(textOf(file).matchAll(LIST), ([, type, names = "", specifier]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "")
      .map((name) => ({
        name: name.replace(/^type\s+/, "").replace(/^.*\sas\s+/, ""),
        file: target(specifier),
        isType: type !== undefined || name.startsWith("type "),
      })),
  ).flat()
  const all = Array.from(textOf(file).matchAll(STAR), ([, type, specifier]) =>
    exportsOf(target(specifier)).filter(({ isType }) => type === undefined || isType),
  ).flat()
  return [...declarationsOf(file), ...listed, ...all]
}

const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}
const entries = Object.entries(exports).flatMap(([entry, paths]) =>
  typeof paths === "string" || paths.default.endsWith(".svelte")
    ? []
    : [{ entry, file: paths.default.replace("./dist/", "").replace(/\.js$/, ".ts") }],
)

describe("the package", () => {
  it("the entries export these names and no others", () => {
    const names = Object.fromEntries(
      entries.map(({ entry, file }) => [
        entry,
        exportsOf(file)
          .map(({ name, isType }) => (isType ? `type ${name}` : name))
          .toSorted(),
      ]),
    )
    expect(names).toMatchInlineSnapshot(`
      {
        ".": [
          "TailorError",
          "createTailor",
          "defineConfig",
          "getInfo",
          "originalTooLarge",
          "storeDenied",
          "storeUnavailable",
          "type Answer",
          "type ByteRange",
          "type CallOptions",
          "type Counts",
          "type Decision",
          "type ErrorCode",
          "type Format",
          "type GetOptions",
          "type Gravity",
          "type Handle",
          "type HeadOptions",
          "type HeldRendition",
          "type HttpRequest",
          "type Info",
          "type KeyLimits",
          "type Limits",
          "type ListOptions",
          "type LogLevel",
          "type OpenBody",
          "type OriginalChange",
          "type OriginalObject",
          "type OriginalStat",
          "type Originals",
          "type Outcome",
          "type PutOptions",
          "type PutResult",
          "type QualityInput",
          "type RenditionHead",
          "type RenditionMeta",
          "type RenditionObject",
          "type Renditions",
          "type RequestReport",
          "type SizeInput",
          "type StoreProblem",
          "type Tailor",
          "type TailorHooks",
          "type TailorMethods",
          "type TailorOptions",
          "type Timings",
          "type WarmOptions",
          "type Warmed",
        ],
        "./angular": [
          "createLoader",
          "imageConfig",
          "photo",
          "type ImageConfig",
          "type ImageInputs",
          "type Loader",
          "type LoaderConfig",
          "type LoaderParams",
        ],
        "./astro": [
          "default",
          "imageService",
          "type ImageConfig",
          "type ImageService",
          "type ImageServiceOptions",
          "type Props",
        ],
        "./batch": [
          "createBatchHandler",
          "handler",
          "type BatchHandler",
        ],
        "./cdk": [
          "ImageTailor",
          "type ImageTailorProps",
        ],
        "./client": [
          "artDirected",
          "createClient",
          "photoElements",
          "preload",
          "type ArtDirection",
          "type Attributes",
          "type Client",
          "type ClientOptions",
          "type ImgOptions",
          "type KnownInfo",
          "type PhotoAttributes",
          "type PhotoElements",
          "type PhotoMaker",
          "type PhotoOptions",
          "type Picture",
          "type PictureOptions",
          "type PreloadAttributes",
          "type SizeName",
          "type UrlReading",
        ],
        "./lambda": [
          "createLambdaHandler",
          "handler",
          "type BufferedHandler",
          "type StreamedHandler",
        ],
        "./next": [
          "imageConfig",
          "photo",
          "type ImageConfig",
          "type ImageProps",
          "type Photo",
          "type SourceProps",
        ],
        "./next-loader": [
          "createLoader",
          "type Loader",
          "type LoaderOptions",
        ],
        "./node": [
          "closeServer",
          "createNodeServer",
          "toNodeListener",
          "type ConnectionTimes",
          "type Intercept",
          "type NodeListener",
          "type NodeServerOptions",
        ],
        "./nuxt": [
          "createProvider",
          "imageOptions",
          "photo",
          "type ImageOptions",
          "type ImageProps",
          "type Modifiers",
          "type Photo",
          "type Preset",
          "type Provider",
        ],
        "./react": [
          "createPhoto",
          "type Photo",
          "type PhotoProps",
        ],
        "./redirect": [
          "createRedirectHandler",
          "handler",
          "type RedirectHandler",
        ],
        "./sizes": [
          "CONTENT_TYPES",
          "FORMATS",
          "GRAVITIES",
          "MAX_SIDE",
          "canBeOriginal",
          "decodePath",
          "encodeKey",
          "formatKey",
          "formatSize",
          "isNegotiable",
          "keysOf",
          "nearestSize",
          "negotiate",
          "outputDimensions",
          "outputFormat",
          "parseKey",
          "parseSize",
          "parseSizeList",
          "publishList",
          "sizesOfShape",
          "snap",
          "toOriginalKey",
          "type Box",
          "type Dimensions",
          "type FocalPoint",
          "type Format",
          "type Grammar",
          "type Gravity",
          "type OriginalKey",
          "type OriginalKind",
          "type OriginalTraits",
          "type Parsed",
          "type Problem",
          "type PublishedList",
          "type Quality",
          "type QualityInput",
          "type Reading",
          "type Refusal",
          "type RenditionKey",
          "type Size",
          "type SizeInput",
          "type SizeList",
          "type SnapRequest",
        ],
        "./stores/azure": [
          "azureOriginals",
          "azureRenditions",
          "type AzureCredential",
          "type AzureOptions",
          "type AzureRenditionsOptions",
          "type Retries",
          "type Timeouts",
        ],
        "./stores/folder": [
          "folderOriginals",
          "folderRenditions",
          "type FolderOriginalsOptions",
          "type FolderRenditionsOptions",
        ],
        "./stores/google": [
          "googleOriginals",
          "googleRenditions",
          "type GoogleOptions",
          "type GoogleRenditionsOptions",
          "type Retries",
          "type Timeouts",
        ],
        "./stores/http": [
          "httpOriginals",
          "type HttpOriginalsOptions",
          "type Retries",
          "type Timeouts",
        ],
        "./stores/memory": [
          "memoryOriginals",
          "memoryRenditions",
          "type MemoryOriginals",
        ],
        "./stores/s3": [
          "cacheTagOf",
          "s3Originals",
          "s3Renditions",
          "type Retries",
          "type S3Credentials",
          "type S3Options",
          "type S3RenditionsOptions",
          "type S3Timeouts",
        ],
        "./stores/unstorage": [
          "fromUnstorage",
          "type UnstorageLike",
        ],
        "./sync": [
          "createSyncHandler",
          "handler",
          "type SyncHandler",
          "type SyncResult",
        ],
        "./testing": [
          "originalsContract",
          "renditionsContract",
          "type OriginalsCase",
          "type OriginalsUnderTest",
          "type RenditionsCase",
        ],
        "./unpic": [
          "createProvider",
          "photo",
          "type Extracted",
          "type Operations",
          "type Photo",
          "type PhotoOptions",
          "type Provider",
          "type SharedProps",
        ],
        "./vue": [
          "createPhoto",
          "type Photo",
          "type PhotoProps",
        ],
      }
    `)
  })

  it.each(entries)("$entry exports the same names at run time as in its source", async ({ file }) => {
    const module = (await import(join(SRC, file))) as object
    const values = exportsOf(file).filter(({ isType }) => !isType)
    expect(Object.keys(module).toSorted()).toEqual(values.map(({ name }) => name).toSorted())
  })
})

/** True where a docstring ends directly above the declaration. */
const isDocumented = ({ name, file }: Export): boolean =>
  new RegExp(
    String.raw`\*/\nexport (?:declare )?(?:async )?(?:const|let|function\*?|class|interface|type) ${name}\b`,
  ).test(textOf(file))

/** Names that need no docstring inside the package, and why. Exports of an entry always need one. */
const UNDOCUMENTED: readonly { readonly file: RegExp; readonly name: RegExp; readonly why: string }[] = [
  {
    file: /^errors\.ts$/,
    name: /^[a-z]/,
    why: "functions that make errors are named after the code, which the table explains",
  },
  { file: /^/, name: /^create[A-Z]/, why: "the type that a factory returns has the docstring" },
  { file: /^/, name: /(?:Parts|Options|Input)$/, why: "the arguments of one function, each with its own docstring" },
]

const needsNoDocstring = (exported: Export): boolean =>
  UNDOCUMENTED.some(({ file, name }) => file.test(exported.file) && name.test(exported.name))

const show = ({ name, file }: Export): string => `${file}: ${name}`

describe("an exported name", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file))
  const declared = files.flatMap(declarationsOf)
  const isPublic = new Set(entries.flatMap(({ file }) => exportsOf(file)).map(show))

  it("every export of the package has a docstring", () => {
    const missing = declared.filter((exported) => isPublic.has(show(exported)) && !isDocumented(exported))
    expect(missing.map(show)).toEqual([])
  })

  it("every export of a file has a docstring, or is listed as clear without one", () => {
    const missing = declared.filter(
      (exported) => !isPublic.has(show(exported)) && !isDocumented(exported) && !needsNoDocstring(exported),
    )
    expect(missing.map(show)).toEqual([])
  })

  it("every exception from docstrings is needed", () => {
    const undocumented = declared.filter((exported) => !isDocumented(exported))
    const idle = UNDOCUMENTED.filter(
      ({ file, name }) => !undocumented.some((exported) => file.test(exported.file) && name.test(exported.name)),
    )
    expect(idle.map(({ why }) => why)).toEqual([])
  })

  it("exports are found in every form", () => {
    expect(declared.length).toBeGreaterThan(200)
    const names = exportsOf("index.ts").map(({ name }) => name)
    // A value, a type in a list of values, a type in a list of types, and a type behind a star.
    for (const name of ["createTailor", "Tailor", "Answer", "Renditions"]) expect(names).toContain(name)
  })
})

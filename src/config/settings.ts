/**
 * Every setting that can be given as text: one table from which flags, environment variables, `--help` and docs/settings.md are made.
 */

/** How a setting's text is read. */
export type Kind =
  | "text"
  /** Separated by commas, or JSON: a size with more to it is no single word. */
  | "list"
  | "number"
  | "switch"
  /** `80`, or `jpeg=80,webp=75`. */
  | "numbers"

/** One row of the table. */
export interface Setting {
  /** Where the value stands in the options. */
  readonly path: readonly [string, ...string[]]
  readonly kind: Kind
  readonly hint?: string
  readonly description: string
  readonly default: string
}

/** In the order in which `--help` and the docs list them. */
export const SETTINGS: readonly Setting[] = [
  {
    path: ["originals"],
    kind: "text",
    hint: "folder",
    description: "Folder of the original photos, or `s3://bucket/prefix`. Only ever read.",
    default: "none; `serve` takes it as its argument too",
  },
  {
    path: ["renditions"],
    kind: "text",
    hint: "folder",
    description: "Folder for what is made, or `s3://bucket/prefix`.",
    default: "`.imgtailor` beside the configuration file, else in the working directory",
  },
  {
    path: ["sizes"],
    kind: "list",
    hint: "360x270,1280w,480h",
    description: "Every size that may be made: a crop, a width or a height, 1 to 8192 pixels a side.",
    default: "none",
  },
  {
    path: ["formats"],
    kind: "list",
    hint: "avif,webp",
    description: "Formats offered besides the original's own, in order of preference: avif, webp, jpeg, png, gif.",
    default: "`avif,webp`",
  },
  {
    path: ["retired", "sizes"],
    kind: "list",
    hint: "sizes",
    description: "Sizes taken off the list: refused, still purged.",
    default: "none",
  },
  {
    path: ["retired", "formats"],
    kind: "list",
    hint: "formats",
    description: "Formats taken off the list: refused, still purged.",
    default: "none",
  },
  {
    path: ["unknownSize"],
    kind: "text",
    hint: "reject|snap",
    description:
      "What a size means that is not on the list: `reject` refuses it, `snap` answers the listed size that suits it best.",
    default: "`reject`",
  },
  {
    path: ["compat"],
    kind: "list",
    hint: "ipx",
    description:
      "Whose addresses are understood besides our own: `ipx` for `/_ipx/…`, as Nuxt Image and unpic write them. Not on AWS.",
    default: "none",
  },
  {
    path: ["sharedStore"],
    kind: "switch",
    description: "Originals and renditions are in one place.",
    default: "`false`",
  },
  {
    path: ["s3Endpoint"],
    kind: "text",
    hint: "https://host",
    description: "Server for `s3://` places: R2, MinIO and others.",
    default: "Amazon's",
  },
  {
    path: ["s3Region"],
    kind: "text",
    hint: "region",
    description: "Region of `s3://` places.",
    default: "`AWS_REGION`, else `AWS_DEFAULT_REGION`; with an endpoint `us-east-1`, on R2 `auto`",
  },
  {
    path: ["s3PathStyle"],
    kind: "switch",
    description: "Name the bucket in the path rather than in the host's name.",
    default: "`true` with an endpoint, or for a bucket with dots in its name",
  },
  {
    path: ["recheckSeconds"],
    kind: "number",
    hint: "seconds",
    description: "Look up an original's version at most every so many seconds; 0 looks every time.",
    default: "60 for `s3://`, else 0",
  },
  {
    path: ["watch"],
    kind: "switch",
    description: "Delete what a changed original makes stale at once, so that nginx may serve the files (`serve`).",
    default: "`false`",
  },
  {
    path: ["quality"],
    kind: "numbers",
    hint: "80 or jpeg=80,webp=80,avif=60",
    description: "1 to 100, for all lossy formats or per format.",
    default: "`jpeg=80,webp=80,avif=60`",
  },
  {
    path: ["background"],
    kind: "text",
    hint: "#ffffff",
    description: "Colour behind transparency where the format has none.",
    default: "`#ffffff`",
  },
  {
    path: ["cacheControl"],
    kind: "text",
    hint: "header",
    description: "`Cache-Control` of renditions.",
    default: "`public, max-age=3600, s-maxage=31536000`",
  },
  { path: ["basePath"], kind: "text", hint: "/img", description: "Precedes every address.", default: "none" },
  { path: ["host"], kind: "text", hint: "address", description: "Where to listen (`serve`).", default: "`127.0.0.1`" },
  {
    path: ["port"],
    kind: "number",
    hint: "number",
    description: "Where to listen (`serve`); 0 for any free port.",
    default: "`3000`",
  },
  {
    path: ["limits", "pixels"],
    kind: "number",
    hint: "pixels",
    description: "Width × height of an original, from its header.",
    default: "100 000 000",
  },
  {
    path: ["limits", "bytes"],
    kind: "number",
    hint: "bytes",
    description: "Length of an original.",
    default: "100 000 000",
  },
  {
    path: ["limits", "animationPixels"],
    kind: "number",
    hint: "pixels",
    description: "Frames × pixels up to which an animation stays one; a longer one becomes its first frame.",
    default: "100 000 000",
  },
  {
    path: ["limits", "deadlineMs"],
    kind: "number",
    hint: "ms",
    description: "Longest wait of a request; then 503 with Retry-After. The render goes on and is stored.",
    default: "30 000",
  },
  {
    path: ["limits", "renders"],
    kind: "number",
    hint: "number",
    description: "Renders at one time.",
    default: "twice the cores, but one less than `UV_THREADPOOL_SIZE`",
  },
  {
    path: ["limits", "queue"],
    kind: "number",
    hint: "number",
    description: "Renders waiting for their turn; one more is refused with 503.",
    default: "1 000",
  },
  {
    path: ["limits", "memoryBytes"],
    kind: "number",
    hint: "bytes",
    description: "Estimated peak of all renders at one time; a larger one runs alone.",
    default: "40 % of the machine's or container's",
  },
  {
    path: ["limits", "cacheBytes"],
    kind: "number",
    hint: "bytes",
    description: "Memory for renditions that were answered lately.",
    default: "64 000 000, or 10 % of memory if that is less",
  },
]

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `limits.deadlineMs` is `--deadline-ms`; `retired.sizes` is `--retired-sizes`. */
export const flagOf = ({ path }: Setting): string => (path[0] === "limits" ? path.slice(1) : path).map(kebab).join("-")

/** `limits.deadlineMs` is `IMGTAILOR_DEADLINE_MS`. */
export const variableOf = (setting: Setting): string =>
  `IMGTAILOR_${flagOf(setting).replaceAll("-", "_").toUpperCase()}`

/**
 * Responsible for the table of all settings that can be given as text. Command-line options, environment variables, `--help` and
 * docs/settings.md are made from it.
 */

/** How the text of a setting is parsed. */
export type Kind =
  | "text"
  /** Separated by commas, or a JSON array where an entry is more than one word. */
  | "list"
  | "number"
  | "boolean"
  /** `80`, or one number per format: `jpeg=80,webp=75`. */
  | "quality"

/** Headings of `--help` and docs/settings.md, in their order: common settings first, limits last. */
export const GROUPS = {
  common: "Options",
  images: "Images",
  urls: "URLs and caching",
  storage: "Storage",
  limits: "Limits",
} as const
/** See {@link GROUPS}. */
export type Group = keyof typeof GROUPS

/** One row of the table. */
export interface Setting {
  /** Where the value is in the options: `["limits", "pixels"]` is `limits.pixels`. */
  readonly path: readonly [string, ...string[]]
  readonly group: Group
  readonly kind: Kind
  /** Placeholder of the value in `--help`. */
  readonly hint?: string
  /** Markdown. */
  readonly description: string
  /** Markdown: code for a value, else a description of the value. */
  readonly default: string
}

/** Every setting, in the order in which `--help` and the docs list them. */
export const SETTINGS: readonly Setting[] = [
  {
    path: ["originals"],
    group: "common",
    kind: "text",
    hint: "folder",
    description: "Folder of the original images, or `s3://bucket/prefix`. Only read, never written.",
    default: "none",
  },
  {
    path: ["renditions"],
    group: "common",
    kind: "text",
    hint: "folder",
    description: "Folder for the resized images, or `s3://bucket/prefix`.",
    default: "`.imgtailor` beside the configuration file, else in the working directory",
  },
  {
    path: ["sizes"],
    group: "common",
    kind: "list",
    hint: "list",
    description:
      "Allowed sizes: `360x270` crops, `1280w` sets the width, `480h` the height. 1 to 8192 pixels per side.",
    default: "none",
  },
  {
    path: ["formats"],
    group: "common",
    kind: "list",
    hint: "list",
    description: "Output formats besides the original's own, preferred ones first: avif, webp, jpeg, png, gif.",
    default: "`avif,webp`",
  },
  {
    path: ["quality"],
    group: "common",
    kind: "quality",
    hint: "number",
    description: "1 to 100, for all lossy formats or for each: `jpeg=80,webp=75`.",
    default: "`jpeg=80,webp=80,avif=60`",
  },
  {
    path: ["watch"],
    group: "common",
    kind: "boolean",
    description: "Delete stale renditions as soon as an original changes, so that nginx can serve the files.",
    default: "`false`",
  },
  {
    path: ["host"],
    group: "common",
    kind: "text",
    hint: "address",
    description: "Address to listen on.",
    default: "`127.0.0.1`",
  },
  {
    path: ["port"],
    group: "common",
    kind: "number",
    hint: "number",
    description: "Port to listen on; 0 picks a free one.",
    default: "`3000`",
  },
  {
    path: ["drainMs"],
    group: "common",
    kind: "number",
    hint: "ms",
    description: "How long to keep accepting requests after SIGTERM, while `/readyz` already answers 503.",
    default: "0",
  },
  {
    path: ["logLevel"],
    group: "common",
    kind: "text",
    hint: "level",
    description: "Log only requests and messages of this level and above: info, warn or error.",
    default: "`info`",
  },
  {
    path: ["exclude"],
    group: "images",
    kind: "list",
    hint: "list",
    description:
      "Glob patterns of originals that are not served, like `drafts/**`. Dot files and dot folders are excluded, too, unless a pattern with `!` allows them: `!.well-known/**`.",
    default: "none",
  },
  {
    path: ["background"],
    group: "images",
    kind: "text",
    hint: "colour",
    description: "Background for transparent pixels in formats without transparency.",
    default: "`#ffffff`",
  },
  {
    path: ["retired", "sizes"],
    group: "images",
    kind: "list",
    hint: "list",
    description: "Sizes that were removed from the list: rejected, but still purged.",
    default: "none",
  },
  {
    path: ["retired", "formats"],
    group: "images",
    kind: "list",
    hint: "list",
    description: "Formats that were removed from the list: rejected, but still purged.",
    default: "none",
  },
  {
    path: ["basePath"],
    group: "urls",
    kind: "text",
    hint: "path",
    description: "URL path prefix, like `/img`.",
    default: "none",
  },
  {
    path: ["unknownSize"],
    group: "urls",
    kind: "text",
    hint: "reject|snap",
    description:
      "How to handle an unlisted size: `reject` answers 400, `snap` answers the nearest suitable listed size.",
    default: "`reject`",
  },
  {
    path: ["compat"],
    group: "urls",
    kind: "list",
    hint: "list",
    description: "Additional URL schemes to accept: `ipx` for `/_ipx/…` of Nuxt Image and unpic. Not available on AWS.",
    default: "none",
  },
  {
    path: ["cacheControl"],
    group: "urls",
    kind: "text",
    hint: "header",
    description: "`Cache-Control` header of renditions.",
    default: "`public, max-age=3600, s-maxage=31536000`",
  },
  {
    path: ["recheckSeconds"],
    group: "urls",
    kind: "number",
    hint: "seconds",
    description: "How long to trust a known version of an original before checking again; 0 checks on every request.",
    default: "60 for `s3://`, else 0",
  },
  {
    path: ["staleIfErrorSeconds"],
    group: "urls",
    kind: "number",
    hint: "seconds",
    description:
      "How long a stored rendition may be served while the store of the originals is unavailable (RFC 5861); 0 for never.",
    default: "86 400",
  },
  {
    path: ["sharedStore"],
    group: "storage",
    kind: "boolean",
    description: "Allow originals and renditions in the same folder or bucket.",
    default: "`false`",
  },
  {
    path: ["s3Endpoint"],
    group: "storage",
    kind: "text",
    hint: "url",
    description: "S3-compatible server for `s3://` URLs, such as R2 or MinIO.",
    default: "Amazon S3",
  },
  {
    path: ["s3Region"],
    group: "storage",
    kind: "text",
    hint: "region",
    description: "Region of `s3://` URLs.",
    default: "`AWS_REGION`, else `AWS_DEFAULT_REGION`; with an endpoint `us-east-1`, on R2 `auto`",
  },
  {
    path: ["s3PathStyle"],
    group: "storage",
    kind: "boolean",
    description: "Put the bucket name into the URL path rather than the host name.",
    default: "`true` with an endpoint, or for a bucket name with dots",
  },
  {
    path: ["limits", "pixels"],
    group: "limits",
    kind: "number",
    hint: "pixels",
    description: "Largest original, as width × height from its header.",
    default: "100 000 000",
  },
  {
    path: ["limits", "bytes"],
    group: "limits",
    kind: "number",
    hint: "bytes",
    description: "Largest file size of an original.",
    default: "100 000 000",
  },
  {
    path: ["limits", "animationPixels"],
    group: "limits",
    kind: "number",
    hint: "pixels",
    description: "Largest animation, as frames × pixels. Only the first frame of a larger one is used.",
    default: "100 000 000",
  },
  {
    path: ["limits", "deadlineMs"],
    group: "limits",
    kind: "number",
    hint: "ms",
    description: "Longest wait of a request, then 503 with Retry-After. The render continues and is stored.",
    default: "30 000",
  },
  {
    path: ["limits", "renders"],
    group: "limits",
    kind: "number",
    hint: "number",
    description: "Concurrent renders.",
    default: "twice the cores, at most one less than `UV_THREADPOOL_SIZE`",
  },
  {
    path: ["limits", "queue"],
    group: "limits",
    kind: "number",
    hint: "number",
    description: "Longest queue of renders. More requests get 503.",
    default: "1 000",
  },
  {
    path: ["limits", "memoryBytes"],
    group: "limits",
    kind: "number",
    hint: "bytes",
    description: "Estimated peak memory of all concurrent renders. A larger render runs alone.",
    default: "40 % of the memory of the machine or container",
  },
  {
    path: ["limits", "cacheBytes"],
    group: "limits",
    kind: "number",
    hint: "bytes",
    description: "Memory cache of recently served renditions.",
    default: "64 000 000, or 10 % of the memory if that is less",
  },
]

/** Settings that only `serve` uses. */
export const SERVER_SETTINGS: ReadonlySet<string> = new Set(["watch", "host", "port", "drainMs", "logLevel"])

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/**
 * Name of the command-line option, without the leading hyphens.
 * @example
 * flagOf(limits.deadlineMs) // "deadline-ms"
 * flagOf(retired.sizes) // "retired-sizes"
 */
export const flagOf = ({ path }: Setting): string => (path[0] === "limits" ? path.slice(1) : path).map(kebab).join("-")

/** Name of the environment variable: `limits.deadlineMs` is `IMGTAILOR_DEADLINE_MS`. */
export const variableOf = (setting: Setting): string =>
  `IMGTAILOR_${flagOf(setting).replaceAll("-", "_").toUpperCase()}`

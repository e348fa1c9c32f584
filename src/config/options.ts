/** Responsible for the types of a configuration: the options that users write, and the complete configuration made from them. */
import type { ServiceName, SigningService } from "../compat/names.ts"
import type { LogLevel } from "../hooks.ts"
import type { FocalPoint } from "../sizes/focal-point.ts"
import type { Format, QualityInput } from "../sizes/format.ts"
import type { Grammar } from "../sizes/key.ts"
import type { SizeInput } from "../sizes/list.ts"
import type { RenderSettings } from "../sizes/recipe.ts"
import type { Source } from "../store/sources.ts"
import type { Originals, Renditions } from "../store/store.ts"
import type { WorkLimits } from "../tailor/limits.ts"
import type { MissingPicture } from "./assets.ts"

/** Limits, each with its unit in its name. Each is checked before the work that it limits. */
export interface Limits extends WorkLimits {
  /** Largest original, as width × height from its header. */
  readonly pixels: number
  /** Largest animation, as frames × pixels. Only the first frame of a larger one is used. */
  readonly animationPixels: number
  /** Memory cache of recently served renditions, in bytes. */
  readonly cacheBytes: number
}

/** How an unlisted size is handled. */
export const UNKNOWN_SIZES = ["reject", "snap"] as const
/** See {@link UNKNOWN_SIZES}. */
export type UnknownSize = (typeof UNKNOWN_SIZES)[number]

/** Answers to a request for an image while the server is busy: the nearest stored size, or 503. */
export const WHEN_BUSY = ["nearest", "refuse"] as const
/** See {@link WHEN_BUSY}. */
export type WhenBusy = (typeof WHEN_BUSY)[number]

/** Answers to a request for a rendition of the present original by an older recipe: that rendition, or a new one. */
export const STALE_RECIPES = ["serve", "render"] as const
/** See {@link STALE_RECIPES}. */
export type StaleRecipe = (typeof STALE_RECIPES)[number]

/** Returns the place that crops of a photo keep, from the left and from the top, each 0 to 1. @param original key of the photo */
export type GetFocalPoint = (original: string) => FocalPoint | undefined | Promise<FocalPoint | undefined>

/** Where originals are decoded: in child processes with limits, or in the process of the server. */
export const ISOLATIONS = ["process", "none"] as const
/** See {@link ISOLATIONS}. */
export type Isolation = (typeof ISOLATIONS)[number]

/** How log lines are written. */
export const LOG_FORMATS = ["pretty", "json"] as const
/** See {@link LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Levels of log lines, by severity. */
export const LOG_LEVELS: readonly LogLevel[] = ["info", "warn", "error"]

/**
 * Originals by prefix of their keys. The longest prefix decides, and the source gets the rest of the key.
 * @example
 * { "shop/": "s3://shop-photos", "cms/": "https://cms.example.com/media", "": "./photos" }
 */
export type Sources = Readonly<Record<string, string | Originals>>

/** Options as in `imgtailor.config.ts`. docs/settings.md lists them with command-line options and environment variables. */
export interface TailorOptions {
  /** Folder of the original images, a URL such as `s3://bucket/prefix`, a custom store, or several of these by prefix. Only read. */
  readonly originals: string | Originals | Sources
  /** Headers of requests for originals at `https://` URLs, such as `{ authorization: "Bearer …" }`. @default none */
  readonly originalsHeaders?: Readonly<Record<string, string>> | undefined
  /** Folder for the resized images, a URL such as `s3://bucket/prefix`, or a custom store. @default ".imgtailor" beside the configuration file, else in the working directory */
  readonly renditions?: string | Renditions | undefined
  /** Allowed sizes: `360x270` (crop), `1280w`, `480h`, or an object with options: docs/sizes.md. */
  readonly sizes: readonly SizeInput[]
  /** Output formats besides the original's own, preferred ones first. @default ["avif", "webp"] */
  readonly formats?: readonly Format[] | undefined
  /** Sizes and formats that were removed from the lists. They are rejected, and purging an original still deletes its renditions in them. */
  readonly retired?:
    | { readonly sizes?: readonly string[] | undefined; readonly formats?: readonly Format[] | undefined }
    | undefined
  /**
   * Originals that are not served, as glob patterns relative to the originals: `["drafts/**"]`. They are not found, not listed and not
   * warmed. Dot files and dot folders are excluded unless a pattern with `!` allows them: `"!.well-known/**"`. The last match counts.
   * @default []
   */
  readonly exclude?: readonly string[] | undefined
  /** How to handle an unlisted size: `reject` answers 400, `snap` answers the nearest suitable listed size (sizes/snap.ts). @default "reject" */
  readonly unknownSize?: UnknownSize | undefined
  /**
   * Focal points of photos, for sizes with `gravity: "smart"`: a JSON file like `{ "shop/mug.jpg": [0.4, 0.3] }`, the same as an object
   * (`s3://renditions/focal-points.json`), or a function. On S3, the metadata `focal-point: 0.4,0.3` of an object is used, too.
   */
  readonly focalPoints?: string | GetFocalPoint | undefined
  /**
   * Picture for images whose original is absent or damaged: the key of an original, or a file like `./placeholder.jpg`. It is sent in the
   * requested size, with the status of the error.
   */
  readonly missing?: string | undefined
  /** Servers only: the answer to a request for an image while no render slot is free: the nearest stored size, or 503. @default "nearest" */
  readonly whenBusy?: WhenBusy | undefined
  /**
   * Answer to a request for a stored rendition of the present original by an older recipe, after an upgrade or a change of the settings:
   * `serve` sends it at once, with a short lifetime, and renders it again in the background; `render` renders first. The functions on AWS
   * always render. @default "serve"
   */
  readonly staleRecipe?: StaleRecipe | undefined
  /** Services whose URLs are accepted, too: docs/migrate.md. @default [] */
  readonly compat?: readonly ServiceName[] | undefined
  /**
   * Prefixes of keys for the originals of other services, by host, host and path, or URL path.
   * @default {}: a URL path is the key, and absolute URLs are refused
   * @example
   * { "shop.example.com": "shop/", "/wp-content/uploads": "" }
   */
  readonly compatOrigins?: Readonly<Record<string, string>> | undefined
  /** Keys of the signatures in URLs of `thumbor` and `imgproxy` (`<hex key>:<hex salt>`). @default {}: signatures are not verified */
  readonly compatKeys?: { readonly [name in SigningService]?: string | undefined } | undefined
  /** Allow originals and renditions in the same folder or bucket. @default false */
  readonly sharedStore?: boolean | undefined
  /** S3-compatible server for `s3://` URLs: `https://<account>.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`. @default Amazon S3 */
  readonly s3Endpoint?: string | undefined
  /** Region of `s3://` URLs. @default AWS_REGION, else AWS_DEFAULT_REGION; with an endpoint "us-east-1", on R2 "auto" */
  readonly s3Region?: string | undefined
  /** Put the bucket name into the URL path rather than the host name. @default true with an endpoint, or for a bucket name with dots */
  readonly s3PathStyle?: boolean | undefined
  /** How long to trust a known version of an original before checking again; 0 checks on every request. @default 60 for URLs, else 0 */
  readonly recheckSeconds?: number | undefined
  /** How long a stored rendition may be served while the store of the originals is unavailable (RFC 5861); 0 for never. @default 86400 */
  readonly staleIfErrorSeconds?: number | undefined
  /** `serve` only: delete stale renditions as soon as an original changes, so that nginx can serve the files. @default false */
  readonly watch?: boolean | undefined
  /** 1 to 100, for all lossy formats or for each. @default { jpeg: 80, webp: 80, avif: 65 } */
  readonly quality?: QualityInput | undefined
  /** `#rgb` or `#rrggbb`: background for transparent pixels in formats without transparency. @default "#ffffff" */
  readonly background?: string | undefined
  /**
   * `process` decodes originals in child processes without credentials, whose memory and CPU are limited. `none` decodes in this process,
   * where a hostile original can take all of its memory. The functions on AWS always use `none`. @default "process"
   */
  readonly isolation?: Isolation | undefined
  readonly limits?: { readonly [name in keyof Limits]?: number | undefined } | undefined
  /** `Cache-Control` header of renditions. A size can have its own. @default "public, max-age=3600, s-maxage=31536000" */
  readonly cacheControl?: string | undefined
  /** Send `Cache-Tag`, `CDN-Tag` and `Surrogate-Key` with the tag of the original, by which a CDN can purge all of its renditions. @default false */
  readonly cacheTags?: boolean | undefined
  /** URL that receives changed originals as JSON by POST, to purge a CDN. @default none */
  readonly notify?: string | undefined
  /** Headers of requests to `notify`, such as `{ authorization: "Bearer …" }`. @default none */
  readonly notifyHeaders?: Readonly<Record<string, string>> | undefined
  /** URL path prefix, like `/img`. @default "" */
  readonly basePath?: string | undefined
  /** `serve` only: host name or IP to listen on. @default "127.0.0.1" */
  readonly host?: string | undefined
  /** `serve` only: port to listen on; 0 picks a free one. @default 3000 */
  readonly port?: number | undefined
  /** `serve` only: how long to keep accepting requests after SIGTERM while `/readyz` already answers 503. @default 0 */
  readonly drainMs?: number | undefined
  /** `serve` only: log only requests and messages of this level and above. @default "info" */
  readonly logLevel?: LogLevel | undefined
  /** `serve` only: readable lines, or JSON. @default "pretty" on a terminal, else "json" */
  readonly logFormat?: LogFormat | undefined
  /** `serve` only: the share of hits that are logged, 0 to 1. Everything else is always logged. @default 1 */
  readonly logHits?: number | undefined
  /** `serve` only: log the query strings of requests, which can contain personal data. @default false */
  readonly logQueries?: boolean | undefined
  /** `serve` only: answer `GET /metrics` for Prometheus. Needs the package prom-client. @default false */
  readonly metrics?: boolean | undefined
  /** `serve` only: answer `/metrics` on this port instead; 0 picks a free one. @default the server's port */
  readonly metricsPort?: number | undefined
  /** `serve` only: serve the web interface below `<basePath>/_studio/`. docs/studio.md. @default false; true with `--demo` */
  readonly studio?: boolean | undefined
  /** `serve` only: let the studio save focal points to the file of `focalPoints`. @default false */
  readonly studioWrite?: boolean | undefined
  /** `serve` only: host names under which browsers open the studio, besides localhost, IP addresses and `host`. @default [] */
  readonly studioHosts?: readonly string[] | undefined
  /** Trace requests with OpenTelemetry. Needs the package @opentelemetry/api and an SDK that the program starts. @default false */
  readonly tracing?: boolean | undefined
}

/** A complete, validated configuration. */
export interface TailorConfig {
  readonly originals: string | Originals | readonly Source[]
  readonly originalsHeaders: Readonly<Record<string, string>>
  readonly renditions: string | Renditions
  /** Has a `basePath` only where public URLs have another one than the requests that arrive. */
  readonly grammar: Omit<Grammar, "maxBytes">
  readonly exclude: readonly string[]
  readonly settings: RenderSettings
  readonly limits: Limits
  readonly isolation: Isolation
  readonly cacheControl: string
  readonly cacheTags: boolean
  readonly notify: string | undefined
  readonly notifyHeaders: Readonly<Record<string, string>>
  readonly basePath: string
  readonly unknownSize: UnknownSize
  readonly compat: readonly ServiceName[]
  readonly compatOrigins: Readonly<Record<string, string>>
  readonly compatKeys: Readonly<Partial<Record<SigningService, string>>>
  /** An absolute path, the URL of an object, or a function. */
  readonly focalPoints: string | GetFocalPoint | undefined
  /** How long focal points of an object are used before it is read again. */
  readonly focalSeconds: number
  readonly missing: MissingPicture | undefined
  readonly whenBusy: WhenBusy
  readonly staleRecipe: StaleRecipe
  /** Bytes of overlays by their SHA-256, hex. */
  readonly overlays: ReadonlyMap<string, Uint8Array>
  /** Options for `s3://` URLs. */
  readonly s3: Pick<TailorOptions, "s3Endpoint" | "s3Region" | "s3PathStyle">
  readonly recheckSeconds: number
  readonly staleIfErrorSeconds: number
  readonly watch: boolean
  readonly host: string
  readonly port: number
  readonly drainMs: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat | undefined
  readonly logHits: number
  readonly logQueries: boolean
  readonly metrics: boolean
  readonly metricsPort: number | undefined
  readonly studio: boolean
  readonly studioWrite: boolean
  readonly studioHosts: readonly string[]
  readonly tracing: boolean
  /** Sentences for the operator: unusual values, and choices that were made for them. */
  readonly notices: readonly string[]
}

/**
 * Types a configuration file.
 * @example
 * export default defineConfig({ originals: "photos", sizes: ["360x270", "1280w"] })
 */
export const defineConfig = (options: Partial<TailorOptions>): Partial<TailorOptions> => options

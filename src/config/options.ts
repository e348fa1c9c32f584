/** What a configuration may say, and what it becomes. */
import type { Format, QualityInput } from "../sizes/format.ts"
import type { Grammar } from "../sizes/key.ts"
import type { SizeInput } from "../sizes/list.ts"
import type { RenderSettings } from "../sizes/recipe.ts"
import type { Originals, Renditions } from "../store/store.ts"
import type { WorkLimits } from "../tailor/limits.ts"

/** Bounds, each with its unit in its name. All are checked before the work that they bound. */
export interface Limits extends WorkLimits {
  /** Width × height of an original, from its header. */
  readonly pixels: number
  /** Frames × pixels up to which an animation stays one; a longer one becomes its first frame. */
  readonly animationPixels: number
  /** Memory for renditions that were answered lately. */
  readonly cacheBytes: number
}

/** What may become of a size that is not listed. */
export const UNKNOWN_SIZES = ["reject", "snap"] as const
/** See {@link UNKNOWN_SIZES}. */
export type UnknownSize = (typeof UNKNOWN_SIZES)[number]

/** Others' ways of writing addresses. */
export const COMPAT = ["ipx"] as const
/** See {@link COMPAT}. */
export type Compat = (typeof COMPAT)[number]

/** Settings, as in `imgtailor.config.ts`; docs/settings.md lists them with defaults, flags and environment variables. */
export interface TailorOptions {
  /** Folder of the original photos, `s3://bucket/prefix`, or a store of your own. Only ever read. */
  readonly originals: string | Originals
  /** Folder for what is made, `s3://bucket/prefix`, or a store of your own. @default ".imgtailor" beside the configuration file, else in the working directory */
  readonly renditions?: string | Renditions | undefined
  /** Every size that may be made: `360x270` (crop), `1280w`, `480h`, or `{ size, name?, gravity?, quality? }`. */
  readonly sizes: readonly SizeInput[]
  /** Formats offered besides the original's own, in order of preference. @default ["avif", "webp"] */
  readonly formats?: readonly Format[] | undefined
  /** Taken off the lists: refused, but still purged. */
  readonly retired?:
    | { readonly sizes?: readonly string[] | undefined; readonly formats?: readonly Format[] | undefined }
    | undefined
  /** What an address means whose size is not on the list: nothing, or the listed size that suits it best (sizes/snap.ts). @default "reject" */
  readonly unknownSize?: UnknownSize | undefined
  /** Whose addresses are understood besides our own: `/_ipx/…`, as Nuxt Image and unpic write them. Not on AWS. @default [] */
  readonly compat?: readonly Compat[] | undefined
  /** Originals and renditions in one place. @default false */
  readonly sharedStore?: boolean | undefined
  /** Server for `s3://` places, where it is not Amazon's: `https://<account>.r2.cloudflarestorage.com`, `http://127.0.0.1:9000`. */
  readonly s3Endpoint?: string | undefined
  /** Region of `s3://` places. @default AWS_REGION, else AWS_DEFAULT_REGION; with an endpoint "us-east-1", on R2 "auto" */
  readonly s3Region?: string | undefined
  /** The bucket in the path rather than in the host's name. @default true with an endpoint, or for a bucket with dots in its name */
  readonly s3PathStyle?: boolean | undefined
  /** An original's version is looked up at most every so many seconds; 0 looks every time. @default 60 for `s3://`, else 0 */
  readonly recheckSeconds?: number | undefined
  /** `serve` only: delete what a changed original makes stale as soon as it changes, so that nginx may serve the files. @default false */
  readonly watch?: boolean | undefined
  /** 1 to 100, for all lossy formats or per format. @default { jpeg: 80, webp: 80, avif: 60 } */
  readonly quality?: QualityInput | undefined
  /** `#rgb` or `#rrggbb`, behind transparency where the format has none. @default "#ffffff" */
  readonly background?: string | undefined
  readonly limits?: { readonly [name in keyof Limits]?: number | undefined } | undefined
  /** `Cache-Control` of renditions. @default "public, max-age=3600, s-maxage=31536000" */
  readonly cacheControl?: string | undefined
  /** Precedes every address, like `/img`. @default "" */
  readonly basePath?: string | undefined
  /** `serve` only: where to listen. @default "127.0.0.1" */
  readonly host?: string | undefined
  /** `serve` only; 0 for any free port. @default 3000 */
  readonly port?: number | undefined
}

/** Settings complete and checked. */
export interface TailorConfig {
  readonly originals: string | Originals
  readonly renditions: string | Renditions
  /** Its `basePath` is there only where visitors' addresses have another than those that arrive. */
  readonly grammar: Omit<Grammar, "maxBytes">
  readonly settings: RenderSettings
  readonly limits: Limits
  readonly cacheControl: string
  readonly basePath: string
  readonly unknownSize: UnknownSize
  readonly compat: readonly Compat[]
  /** How `s3://` places are reached. */
  readonly s3: Pick<TailorOptions, "s3Endpoint" | "s3Region" | "s3PathStyle">
  readonly recheckSeconds: number
  readonly watch: boolean
  readonly host: string
  readonly port: number
  /** What a person should know of how the settings were completed. */
  readonly notices: readonly string[]
}

/** Types a configuration file: `export default defineConfig({ … })`. */
export const defineConfig = (options: Partial<TailorOptions>): Partial<TailorOptions> => options

/**
 * Responsible for the types of the studio's JSON API, which the server and the page share. Types only: nothing of it is in either bundle.
 *
 * All routes are below `<basePath>/_studio/api/`; the page uses URLs relative to its own (`api/photos?prefix=shop/`), so it works behind
 * any prefix. Requests and responses are JSON, except where a response says otherwise. A request that changes something is sent with
 * `content-type: application/json`, and the browser adds `Origin`. Errors are {@link StudioError} with a status of 400 or more:
 * 401 without a session (show the field for the token), 403 for what this studio may not do, 404, 429 for too many drafts, and those
 * of images.
 *
 * The page is served from `dist/studio/page/`: `index.html` as `<basePath>/_studio/`, and every other file under its name. It gets
 * `Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self';
 * worker-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`. An
 * `about:blank` iframe, filled by script, inherits that policy.
 *
 * SSIM is computed by the page, in a worker, from two pictures of the same dimensions: the draft or the rendition, and the reference.
 */
import type { Explanation } from "../explain/explanation.ts"
import type { Format, LossyFormat } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import type { SizeInput } from "../sizes/list.ts"

export type { Explanation } from "../explain/explanation.ts"
export type { LiveEvents, LiveRequest, LiveSeries, LiveSummary, Quantiles } from "./live-api.ts"

/** From the left and from the top, each 0 to 1. */
export type Point = readonly [x: number, y: number]

/** Body of every error. */
export interface StudioError {
  /** Stable code: those of docs/errors.md, or `no-session`, `not-allowed`, `not-found`, `bad-request`, `draft-queue-full`. */
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
}

/** `POST api/session`. The response is 204 with a cookie. The token is the URL's fragment; remove it from the URL at once. */
export interface SessionRequest {
  readonly token: string
}

/** One listed size. */
export interface CatalogueSize {
  readonly name: string
  /** Pixels. A size has at least one of the two. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** Explicit formats of this size, preferred ones first. */
  readonly formats: readonly Format[]
  /** The only format of a size that has a forced one. */
  readonly forcedFormat?: Format | undefined
  /** Effective quality by format. */
  readonly quality: Readonly<Record<LossyFormat, number>>
  /** The entry as in the configuration, with all options. */
  readonly input: SizeInput
  /** True if the crop depends on the focal point. */
  readonly usesFocalPoint: boolean
}

/** `GET api/catalogue`: settings that the page needs before anything else. */
export interface Catalogue {
  /** Version of imgtailor. */
  readonly version: string
  /** URL path prefix of renditions, like `/img`; may be empty. */
  readonly basePath: string
  readonly sizes: readonly CatalogueSize[]
  /** Explicit formats, preferred ones first. */
  readonly formats: readonly Format[]
  /** How an unlisted size is handled. */
  readonly unknownSize: "reject" | "snap"
  /** Where originals and renditions are, for people, without credentials. */
  readonly originals: string
  readonly renditions: string
  /** True if no token is needed. */
  readonly isOpen: boolean
  /** True if focal points may be saved (`--studio-write`, and a file, or an object beside the renditions, in the setting `focalPoints`). */
  readonly canWrite: boolean
  /** Why focal points may not be saved, as a sentence; absent if they may. */
  readonly whyNotWrite?: string | undefined
  /** A photo of this catalogue; absent if there is none, or if the store cannot be listed. */
  readonly exampleOriginal?: string | undefined
  /** Why the originals could not be listed. */
  readonly problem?: string | undefined
}

/** Query of `GET api/photos`. */
export interface PhotosQuery {
  /** Beginning of keys, with or without a `/` at its end: `shop/`, `shop/mu`. @default "" */
  readonly prefix?: string | undefined
  /** `next` of the page before. */
  readonly after?: string | undefined
  /** 1 to 200. @default 60 */
  readonly limit?: number | undefined
}

/** One photo in a list. */
export interface PhotoItem {
  /** Key of the original. Hostile input: only as text, never as HTML. */
  readonly key: string
  /** URL of the smallest listed size, for `src`. */
  readonly thumbnail: string
  /** Box of the thumbnail in pixels, to reserve its place; the picture may be smaller. */
  readonly thumbnailWidth: number
  readonly thumbnailHeight: number
}

/** `GET api/photos`: the folders directly below the prefix's folder, and photos in it, in the order of keys. */
export interface Photos {
  /** Prefixes that end with `/`. */
  readonly folders: readonly string[]
  readonly photos: readonly PhotoItem[]
  /** `after` of the next page; absent on the last one. */
  readonly next?: string | undefined
}

/** One rendition of the contact sheet: a listed size in one format. */
export interface SheetItem {
  /** Name of the size. */
  readonly size: string
  /** The format of the file. Base URLs have the original's own, or PNG or JPEG. */
  readonly format: Format
  /** True for the URL without an explicit format. */
  readonly isBase: boolean
  /** URL to show and to copy, with the base path. */
  readonly url: string
  /** Dimensions that the rendition has or will have, in pixels. */
  readonly width: number
  readonly height: number
  readonly state: "fresh" | "unverified" | "stale" | "absent"
  /** Bytes of the stored rendition; absent if it is not stored, or the store does not report it. */
  readonly byteLength?: number | undefined
  /** Time of its render in ms, if this process rendered it in the last hour. */
  readonly renderMs?: number | undefined
  /** True if another format is sent instead (AVIF of an animation is a WebP). */
  readonly isSubstituted?: boolean | undefined
}

/** `GET api/photo?key=`. */
export interface Photo {
  readonly key: string
  /** Dimensions upright, format, byteLength, animated, placeholder, dominantColour. */
  readonly info: Info
  readonly version: string
  readonly focalPoint?: Point | undefined
  /** Every listed size in every format that it has, in the order of the lists. */
  readonly renditions: readonly SheetItem[]
}

/**
 * `POST api/draft`: a picture with settings that are not in the configuration. Rendered for this user alone, one at a time, at the lowest
 * priority; never stored. The response is the picture, with `content-type` and `content-length`, and the headers
 * `imgtailor-width`, `imgtailor-height` (pixels), `imgtailor-render-ms`, `imgtailor-format`, `imgtailor-quality` (lossy formats).
 * Others wait, at most eight; one more fails with 429 `draft-queue-full`. Abort the request of a draft that is no longer wanted.
 */
export interface DraftRequest {
  readonly key: string
  /** Name of a listed size, or an entry as in the configuration, which need not be listed. */
  readonly size: SizeInput
  /** @default the format of the base URL */
  readonly format?: Format | undefined
  /** 1 to 100, for lossy formats. @default the size's own, else the configured one */
  readonly quality?: number | undefined
  /** Shows a crop at this point, before it is saved. @default the photo's own */
  readonly focalPoint?: Point | undefined
}

/**
 * `POST api/reference`: a lossless PNG of the same crop and dimensions, with the same headers as a draft. The same rules apply. It is a
 * rendition, never the bytes of the original.
 */
export type ReferenceRequest = Pick<DraftRequest, "key" | "size" | "focalPoint">

/** Query of `GET api/explain`; the response is an {@link Explanation}. */
export interface ExplainQuery {
  /** A URL, a URL path, or the key of an original. */
  readonly target: string
  /** `Accept` header. @default none */
  readonly accept?: string | undefined
}

/** Query of `GET api/snippets`. */
export interface SnippetsQuery {
  readonly key: string
  /** Name of a listed size, as the largest of the `srcset`. */
  readonly size: string
  /** Origin of the images, like `location.origin`. @default "": URLs without a host */
  readonly base?: string | undefined
}

/** Code to paste, for one kind of project. */
export interface Snippet {
  /** Stable: "html-img", "html-picture", "client", "react", "next", "vue", "nuxt", "svelte", "astro", "eleventy", "unpic", "php", "python", "ruby". */
  readonly id: string
  readonly title: string
  /** For a label: "html", "js", "jsx", "vue", "svelte", "astro", "njk", "php", "python", "ruby". */
  readonly language: string
  readonly code: string
}

/** `GET api/snippets`. */
export interface Snippets {
  readonly snippets: readonly Snippet[]
  /** Attributes of the `<img>`, for the preview. */
  readonly img: {
    readonly src: string
    readonly srcset?: string | undefined
    readonly sizes?: string | undefined
    readonly width?: number | undefined
    readonly height?: number | undefined
  }
}

/** One effective setting. */
export interface EffectiveSetting {
  /** Like `limits.pixels`. */
  readonly name: string
  /** As one writes it on the command line or in a variable; secrets are "…". Empty for a value that is not set. */
  readonly value: string
  /** Where the value comes from. */
  readonly origin: "option" | "variable" | "file" | "default" | "demo"
  /** Heading of its group. */
  readonly group: string
  /** Markdown: text with `code`. */
  readonly description: string
  /** Markdown. */
  readonly default: string
  /** `--limits-pixels` and `IMGTAILOR_…`. */
  readonly option: string
  readonly variable: string
}

/** `GET api/settings`. */
export interface Settings {
  readonly settings: readonly EffectiveSetting[]
  /** Path of the configuration file that was read. */
  readonly file?: string | undefined
  /** `imgtailor.config.ts` with the effective settings that are not defaults, without secrets. */
  readonly configFile: string
}

/** `POST api/draft-list`: the effect of another list of sizes on the catalogue. Renders a sample; never stores it. */
export interface DraftListRequest {
  readonly sizes: readonly SizeInput[]
  /** @default the configured ones */
  readonly formats?: readonly Format[] | undefined
}

/** An estimate with its error: the interval has a confidence of 95 %. */
export interface Estimate {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** Response of `POST api/draft-list`. It is sampled again with every call; a cheap first answer has few samples. */
export interface DraftList {
  /** Problems of the list, by index of the entry; nothing else is computed if there are any. */
  readonly problems: readonly { readonly at?: number | undefined; readonly message: string }[]
  /** Renditions of one photo. */
  readonly renditionsPerPhoto?: number | undefined
  /** Photos in the catalogue. `isExact` is false if the count was stopped at its limit: there are at least as many. */
  readonly photos?: { readonly count: number; readonly isExact: boolean } | undefined
  /** Renditions of the whole catalogue. */
  readonly renditions?: number | undefined
  /** Bytes of all renditions of the whole catalogue. Absent if nothing could be sampled. */
  readonly bytes?: Estimate | undefined
  /** Number of pictures that were rendered for the estimate, of how many photos. */
  readonly sampled?: { readonly renditions: number; readonly photos: number } | undefined
  /** By size and format: mean bytes of the samples. */
  readonly bySize?:
    | readonly { readonly size: string; readonly format: string; readonly meanBytes: number }[]
    | undefined
}

/** `POST api/purge` and `POST api/warm`, for one photo. */
export interface PhotoRequest {
  readonly key: string
}

/** Response of `POST api/purge`. */
export interface Purged {
  readonly deleted: number
}

/** Response of `POST api/warm`. Renders one at a time, at the lowest priority. */
export interface WarmedPhoto {
  readonly made: number
  readonly stored: number
  /** One sentence for each rendition that this photo cannot have. */
  readonly refused: readonly string[]
}

/** `PUT api/focal-point`, only if `canWrite`. A null point removes it. The response is 204. */
export interface FocalPointRequest {
  readonly key: string
  readonly point: Point | null
}

/** Every route: its request (query or JSON) and its JSON response. "picture" and "events" are no JSON. */
export interface StudioRoutes {
  readonly "POST session": { readonly request: SessionRequest; readonly response: undefined }
  readonly "GET catalogue": { readonly request: undefined; readonly response: Catalogue }
  readonly "GET photos": { readonly request: PhotosQuery; readonly response: Photos }
  readonly "GET photo": { readonly request: { readonly key: string }; readonly response: Photo }
  readonly "POST draft": { readonly request: DraftRequest; readonly response: "picture" }
  readonly "POST reference": { readonly request: ReferenceRequest; readonly response: "picture" }
  readonly "GET explain": { readonly request: ExplainQuery; readonly response: Explanation }
  readonly "GET snippets": { readonly request: SnippetsQuery; readonly response: Snippets }
  readonly "GET settings": { readonly request: undefined; readonly response: Settings }
  readonly "POST draft-list": { readonly request: DraftListRequest; readonly response: DraftList }
  readonly "GET live": { readonly request: undefined; readonly response: "events" }
  readonly "POST purge": { readonly request: PhotoRequest; readonly response: Purged }
  readonly "POST warm": { readonly request: PhotoRequest; readonly response: WarmedPhoto }
  readonly "PUT focal-point": { readonly request: FocalPointRequest; readonly response: undefined }
}

/** Name of a route, like "GET photos". */
export type StudioRoute = keyof StudioRoutes

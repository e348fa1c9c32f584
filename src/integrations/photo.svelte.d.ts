/** Responsible for the types of the component for Svelte. */
import type { ComponentInternals } from "svelte"
import type { HTMLImgAttributes } from "svelte/elements"

import type { Client } from "../client/client.js"
import type { PhotoOptions } from "../client/photo-elements.js"
import type { Format } from "../sizes/format.js"

/** Attributes that the component computes, or that are options of it. */
type Own =
  | keyof PhotoOptions<string, Format>
  | "src"
  | "srcset"
  | "height"
  | "loading"
  | "decoding"
  | "fetchpriority"
  | "alt"

/** Props: the client, the key of the original, how it is displayed, and attributes of the `<img>`. */
export interface PhotoProps<Name extends string, Explicit extends Format>
  extends PhotoOptions<Name, Explicit>, Omit<HTMLImgAttributes, Own> {
  /** A client, from `createClient`. */
  readonly photos: Client<Name, Explicit>
  /** Key of the original, like `shop/bag.jpg`. */
  readonly original: string
  readonly alt: string
}

/** The component. A photo whose dimensions are not known is displayed with plain attributes. */
// oxlint-disable-next-line import/no-default-export -- Svelte imports components by their default export.
export default function Photo<Name extends string, Explicit extends Format>(
  internals: ComponentInternals,
  props: PhotoProps<Name, Explicit>,
): Record<string, never>

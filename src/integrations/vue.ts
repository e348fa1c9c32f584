/**
 * Responsible for the component for Vue. It has no state, so that it renders the same on servers and in browsers. Attributes that are no props
 * are those of the `<img>`.
 */
import { type FunctionalComponent, h } from "vue"

import type { Client } from "../client/client.ts"
import { photoElements, type PhotoOptions } from "../client/photo-elements.ts"
import type { Format } from "../sizes/format.ts"

/** Props: the key of the original, and how it is displayed. */
export interface PhotoProps<Name extends string, Explicit extends Format> extends PhotoOptions<Name, Explicit> {
  /** Key of the original, like `shop/bag.jpg`. */
  readonly original: string
}

/** The component for the photos of one client. */
export type Photo<Name extends string, Explicit extends Format> = FunctionalComponent<PhotoProps<Name, Explicit>>

/** Without a default of undefined, Vue makes an absent boolean false. */
const OPTIONAL_BOOLEAN = { type: Boolean, default: undefined }

const PROPS = {
  original: { type: String, required: true },
  shape: { type: String, required: true },
  info: Object,
  width: Number,
  sizes: String,
  priority: Boolean,
  placeholder: OPTIONAL_BOOLEAN,
  format: String,
  sources: Array,
  element: String,
}

/**
 * Creates the component for the photos of a client. A photo whose dimensions are not known is displayed with plain attributes.
 * @param photos a client, from `createClient`
 * @throws {TypeError} the component, for an unlisted size or format, and for an invalid key
 * @example
 * const Photo = createPhoto(photos)
 * // <Photo original="shop/bag.jpg" shape="360x270" :width="360" alt="A bag" />
 */
export const createPhoto = <Name extends string, Explicit extends Format>(
  photos: Client<Name, Explicit>,
): Photo<Name, Explicit> => {
  const component: Photo<Name, Explicit> = ({ original, ...options }, { attrs }) => {
    const { sources, img } = photoElements(photos, original, options)
    const { style, ...own } = img
    const styles = [style, attrs["style"]].filter(Boolean)
    const image = h("img", { ...attrs, ...(styles.length > 0 && { style: styles }), ...own })
    return sources.length > 0 ? h("picture", [...sources.map((source) => h("source", { ...source })), image]) : image
  }
  return Object.assign(component, { props: PROPS, inheritAttrs: false, displayName: "Photo" }) as Photo<Name, Explicit>
}

/**
 * Responsible for the component for React. It has no state and no effects, so that it renders the same on servers and in browsers, and works
 * in server components.
 */
import { createElement, type CSSProperties, type ImgHTMLAttributes, type ReactElement } from "react"

import type { SourceAttributes } from "../client/attributes.ts"
import type { Client } from "../client/client.ts"
import { type PhotoAttributes, photoElements, type PhotoOptions } from "../client/photo-elements.ts"
import type { Format } from "../sizes/format.ts"

/** Attributes that the component computes, or that are options of it. */
type Own = keyof PhotoOptions<string, Format> | "src" | "srcSet" | "height" | "loading" | "decoding" | "fetchPriority"

/** Props: the key of the original, how it is displayed, and attributes of the `<img>`. */
export interface PhotoProps<Name extends string, Explicit extends Format>
  extends PhotoOptions<Name, Explicit>, Omit<ImgHTMLAttributes<HTMLImageElement>, Own> {
  /** Key of the original, like `shop/bag.jpg`. */
  readonly original: string
  readonly alt: string
}

/** The component for the photos of one client. */
export type Photo<Name extends string, Explicit extends Format> = (props: PhotoProps<Name, Explicit>) => ReactElement

const toSource = ({ srcset, ...source }: SourceAttributes): ReactElement =>
  createElement("source", { key: `${source.media} ${source.type}`, ...source, srcSet: srcset })

/** The placeholder as React writes styles. */
const toStyle = (text: string | undefined): CSSProperties | undefined =>
  text === undefined ? undefined : { background: text.replace(/^background:/, "") }

const toImgProps = ({
  src,
  srcset,
  fetchpriority,
  style,
  ...attributes
}: PhotoAttributes): ImgHTMLAttributes<HTMLImageElement> => ({
  ...attributes,
  ...(fetchpriority && { fetchPriority: fetchpriority }),
  ...(style && { style: toStyle(style) }),
  srcSet: srcset,
  src,
})

/**
 * Creates the component for the photos of a client. A photo whose dimensions are not known is displayed with plain attributes.
 * @param photos a client, from `createClient`
 * @throws {TypeError} the component, for an unlisted size or format, and for an invalid key
 * @example
 * const Photo = createPhoto(photos)
 * <Photo original="shop/bag.jpg" shape="360x270" width={360} alt="A bag" />
 */
export const createPhoto =
  <Name extends string, Explicit extends Format>(photos: Client<Name, Explicit>): Photo<Name, Explicit> =>
  ({
    original,
    shape,
    info,
    width,
    sizes,
    priority,
    placeholder,
    format,
    sources: others,
    element,
    style,
    ...rest
  }) => {
    const options = { shape, info, width, sizes, priority, placeholder, format, sources: others, element }
    const { sources, img } = photoElements(photos, original, options)
    const { style: background, ...own } = toImgProps(img)
    const both = (background ?? style) ? { style: { ...background, ...style } } : {}
    const image = createElement("img", { ...rest, ...both, ...own })
    return sources.length > 0 ? createElement("picture", {}, ...sources.map(toSource), image) : image
  }

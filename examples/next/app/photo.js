import { createClient } from "imgtailor/client"
import { photo } from "imgtailor/next"
import { createPhoto } from "imgtailor/react"
import Image from "next/image"

import { images } from "../image-loader.js"

export const photos = createClient(images)

/** For photos whose dimensions are not known. */
export const Plain = createPhoto(photos)

/** `options` are those of the client's `picture`; all other props are passed to `<Image>`. */
export const Photo = ({ original, options, ...props }) => {
  const { sources, image } = photo(photos, original, options)
  return (
    <picture>
      {sources.map((source) => (
        <source key={source.srcSet} {...source} />
      ))}
      <Image {...image} {...props} />
    </picture>
  )
}

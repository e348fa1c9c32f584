import { createClient } from "imgtailor/client"
import { photo } from "imgtailor/next"
import Image from "next/image"

import { images } from "../image-loader.js"

export const photos = createClient(images)

/** `shown` says how, as of the client's `picture`; `others` are props of your own. */
export const Photo = ({ original, shown, ...others }) => {
  const { sources, image } = photo(photos, original, shown)
  return (
    <picture>
      {sources.map((source) => (
        <source key={source.srcSet} {...source} />
      ))}
      <Image {...image} {...others} />
    </picture>
  )
}

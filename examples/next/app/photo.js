import { createClient } from "imgtailor/client"
import { photo } from "imgtailor/next"
import Image from "next/image"

import { images } from "../images.js"

export const photos = createClient(images)

export const Photo = ({ original, options, ...others }) => {
  const { sources, image } = photo(photos, original, options)
  return (
    <picture>
      {sources.map((source) => (
        <source key={source.srcSet} {...source} />
      ))}
      <Image {...image} {...others} />
    </picture>
  )
}

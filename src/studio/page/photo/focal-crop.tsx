/** Responsible for one crop at a focal point, as the server will render it. */
import type { JSX } from "preact"

import type { CatalogueSize, Point } from "../../api.ts"
import { positionOf } from "./focal-position.ts"

interface FocalCropProps {
  readonly size: CatalogueSize
  readonly url: string
  readonly info: { readonly width: number; readonly height: number }
  readonly point: Point
}

/** The part of the picture that the crop keeps. */
export const FocalCrop = ({ size, url, info, point }: FocalCropProps): JSX.Element => {
  const box = { width: size.width ?? 1, height: size.height ?? 1 }
  const [x, y] = positionOf(info, box, point)
  return (
    <li>
      <img
        src={url}
        alt={`Crop of the size ${size.name}`}
        draggable={false}
        style={{ aspectRatio: `${box.width} / ${box.height}`, objectPosition: `${x * 100}% ${y * 100}%` }}
      />
      <span>{size.name}</span>
    </li>
  )
}

/** Responsible for the choice of a size and a format, which is part of the route. */
import type { JSX } from "preact"

import type { SheetItem } from "../../api.ts"
import { navigate } from "../lib/router.ts"
import { Choice } from "../parts/choice.tsx"
import { renditionOf, sizesIn } from "./overview.ts"
import type { PartProps } from "./part-props.ts"

/** The rendition of the route; the first lossy one of the largest size where the route has none. */
export const chosenRendition = ({ photo, route }: Pick<PartProps, "photo" | "route">): SheetItem | undefined => {
  const largest = photo.renditions.toSorted((a, b) => b.width * b.height - a.width * a.height)[0]
  return renditionOf(photo, route.size || (largest?.size ?? ""), route.format)
}

/** Two selects. */
export const RenditionChoice = ({ photo, route }: Pick<PartProps, "photo" | "route">): JSX.Element => {
  const chosen = chosenRendition({ photo, route })
  const change = (size: string, format: string): void => navigate({ ...route, size, format }, { replace: true })
  const formats = photo.renditions.filter(({ size, isSubstituted }) => size === chosen?.size && !isSubstituted)
  return (
    <>
      <Choice
        label="Size"
        value={chosen?.size ?? ""}
        options={sizesIn(photo).map((size) => [size, size])}
        onChange={(size) => change(size, chosen?.format ?? "")}
      />
      <Choice
        label="Format"
        value={chosen?.format ?? ""}
        options={[...new Set(formats.map(({ format }) => format))].map((format) => [format, format.toUpperCase()])}
        onChange={(format) => change(chosen?.size ?? "", format)}
      />
    </>
  )
}

/** Responsible for one photo in the grid. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { PhotoItem } from "../../api.ts"
import { baseName, visibleName } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Name } from "../parts/name.tsx"

interface PhotoTileProps {
  readonly photo: PhotoItem
  /** True for the one that the tab key reaches. */
  readonly isCurrent: boolean
  readonly onFocus: () => void
}

/** A thumbnail by its ordinary URL, and its name. Its place has a fixed ratio, so nothing moves when it arrives. */
export const PhotoTile = ({ photo, isCurrent, onFocus }: PhotoTileProps): JSX.Element => {
  const isBroken = useSignal(false)
  return (
    <li>
      <a
        class="tile"
        href={formatRoute({ view: "photo", key: photo.key, tab: "sizes", size: "", format: "" })}
        tabIndex={isCurrent ? 0 : -1}
        title={visibleName(photo.key)}
        onFocus={onFocus}
      >
        <span class="thumb">
          {isBroken.value ? (
            <span class="muted">Cannot be shown</span>
          ) : (
            <img
              src={photo.thumbnail}
              alt=""
              loading="lazy"
              decoding="async"
              width={photo.thumbnailWidth}
              height={photo.thumbnailHeight}
              onError={() => (isBroken.value = true)}
            />
          )}
        </span>
        <Name text={baseName(photo.key)} />
      </a>
    </li>
  )
}

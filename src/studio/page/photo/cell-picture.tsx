/** Responsible for the picture of a card, and for its place until the picture arrives. */
import type { JSX } from "preact"

import type { Photo, SheetItem } from "../../api.ts"
import type { CellState } from "./sheet.ts"

interface CellPictureProps {
  readonly state: CellState
  readonly item: SheetItem
  readonly photo: Photo
}

const TEXTS = { idle: "", waiting: "Waiting", loading: "Rendering" } as const

/** The picture, or the state of its render over the photo's main colour. */
export const CellPicture = ({ state, item, photo }: CellPictureProps): JSX.Element => {
  if (state.phase === "done")
    return (
      <span class="thumb">
        <img src={state.rendition.url} alt="" width={item.width} height={item.height} decoding="async" />
      </span>
    )
  if (state.phase === "failed")
    return (
      <span class="thumb failed">
        {state.problem.detail} <code>{state.problem.code}</code>
      </span>
    )
  return (
    <span class="thumb blank">
      <span
        class="blank-area"
        style={{ aspectRatio: `${item.width} / ${item.height}`, background: photo.info.dominantColour }}
      />
      <span class="blank-text">{TEXTS[state.phase]}</span>
    </span>
  )
}

/** Responsible for the contact sheet: every listed size in every format. */
import { useComputed } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useMemo } from "preact/hooks"

import { sizesIn } from "./overview.ts"
import type { PartProps } from "./part-props.ts"
import { SheetSize } from "./sheet-size.tsx"
import { createSheet, isStored } from "./sheet.ts"

/** Renders the missing renditions as they scroll into view, or all of them by the button; one at a time. */
export const ContactSheet = ({ photo }: PartProps): JSX.Element => {
  const sheet = useMemo(() => createSheet(photo.renditions), [photo])
  useEffect(() => sheet.close, [sheet])
  const counts = useComputed(() => {
    const cells = sheet.cells.map(({ item, state }) => ({ isStored: isStored(item), phase: state.value.phase }))
    return {
      idle: cells.filter(({ phase }) => phase === "idle").length,
      running: cells.filter(({ phase }) => phase === "waiting" || phase === "loading").length,
      stored: cells.filter((cell) => cell.isStored || cell.phase === "done").length,
    }
  })
  const { idle, running, stored } = counts.value
  return (
    <section aria-labelledby="sheet-title">
      <div class="row between">
        <h2 id="sheet-title" class="hidden">
          Contact sheet
        </h2>
        <p class="muted" aria-live="off">
          {stored} of {photo.renditions.length} renditions stored{running > 0 && `, ${running} in progress`}
        </p>
        <button type="button" class="button" disabled={idle === 0} onClick={sheet.showAll}>
          Render all
        </button>
      </div>
      {sizesIn(photo).map((size) => (
        <SheetSize key={size} name={size} photo={photo} cells={sheet.cells.filter(({ item }) => item.size === size)} />
      ))}
    </section>
  )
}

/** Responsible for one size of a contact sheet, in all its formats. */
import { useComputed } from "@preact/signals"
import type { JSX } from "preact"

import type { CatalogueSize, Photo } from "../../api.ts"
import { catalogue } from "../lib/catalogue.ts"
import { formatDimensions } from "../lib/format-text.ts"
import { SheetCell } from "./sheet-cell.tsx"
import type { Cell } from "./sheet.ts"

interface SheetSizeProps {
  readonly name: string
  readonly photo: Photo
  readonly cells: readonly Cell[]
}

/** The options of a size as words: "fit contain, gravity smart". */
const optionsOf = ({ input }: CatalogueSize): string => {
  if (typeof input === "string") return ""
  const { size, name: _, aliases: __, ...options } = input
  const texts = Object.entries(options).map(
    ([option, value]) => `${option} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`,
  )
  return [size, ...texts].join(", ")
}

const byteLengthOf = ({ item, state }: Cell): number =>
  state.value.phase === "done" ? state.value.rendition.byteLength : (item.byteLength ?? 0)

/** A heading with the dimensions, and a card for each format. Bars compare the bytes of the formats. */
export const SheetSize = ({ name, photo, cells }: SheetSizeProps): JSX.Element => {
  const most = useComputed(() => Math.max(1, ...cells.map(byteLengthOf)))
  const first = cells[0]?.item
  const size = catalogue.value?.sizes.find((one) => one.name === name)
  return (
    <section class="sheet-size" aria-label={`Size ${name}`}>
      <div class="row baseline">
        <h3>{name}</h3>
        <span class="muted">{first && formatDimensions(first.width, first.height)}</span>
        <span class="muted">{size && optionsOf(size)}</span>
      </div>
      <ul class="cells">
        {cells.map((cell) => (
          <SheetCell key={cell.item.url} cell={cell} photo={photo} mostBytes={most} />
        ))}
      </ul>
    </section>
  )
}

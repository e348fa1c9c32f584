/** Responsible for the zoom of a comparison. */
import type { Signal } from "@preact/signals"
import type { JSX } from "preact"

/** Pixels of the page for each pixel of the picture, or as large as fits, at most 1. */
export type Zoom = "fit" | 1 | 2 | 4 | 8

const ZOOMS: readonly Zoom[] = ["fit", 1, 2, 4, 8]

/** Radio buttons as one control. */
export const ZoomChoice = ({ zoom }: { readonly zoom: Signal<Zoom> }): JSX.Element => (
  <fieldset class="segments">
    <legend class="hidden">Zoom</legend>
    {ZOOMS.map((one) => (
      <label key={one}>
        <input type="radio" name="zoom" checked={zoom.value === one} onChange={() => (zoom.value = one)} />
        <span>{one === "fit" ? "Fit" : `${one}:1`}</span>
      </label>
    ))}
  </fieldset>
)

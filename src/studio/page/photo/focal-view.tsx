/** Responsible for the focal point: the point on the photo, and every crop that follows it. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { CatalogueSize, Photo, Point } from "../../api.ts"
import { announce } from "../lib/announce.ts"
import { request, toProblem } from "../lib/api-client.ts"
import { catalogue } from "../lib/catalogue.ts"
import { CopyButton } from "../parts/copy-button.tsx"
import { Dialog } from "../parts/dialog.tsx"
import { FocalCrop } from "./focal-crop.tsx"
import { FocalPicker } from "./focal-picker.tsx"
import { overviewOf } from "./overview.ts"
import type { PartProps } from "./part-props.ts"

const CENTER: Point = [0.5, 0.5]

const isCrop = ({ width, height, usesFocalPoint }: CatalogueSize): boolean =>
  usesFocalPoint && width !== undefined && height !== undefined

interface SaveProps {
  readonly photo: Photo
  readonly point: Point
  readonly onSaved: () => void
}

const Save = ({ photo, point, onSaved }: SaveProps): JSX.Element => {
  const change = useSignal<"save" | "remove" | undefined>(undefined)
  const run = (): void => {
    const next = change.value === "remove" ? null : point
    request("PUT focal-point", { key: photo.key, point: next }).then(
      () => {
        announce(next ? "Saved the focal point" : "Removed the focal point")
        onSaved()
      },
      (error: unknown) => announce(toProblem(error).detail),
    )
  }
  return (
    <div class="row">
      <button type="button" class="button primary" onClick={() => (change.value = "save")}>
        Save
      </button>
      <button type="button" class="button" disabled={!photo.focalPoint} onClick={() => (change.value = "remove")}>
        Remove
      </button>
      {change.value && (
        <Dialog
          title={change.value === "save" ? "Save this focal point?" : "Remove the focal point?"}
          action={change.value === "save" ? "Save" : "Remove"}
          onConfirm={run}
          onClose={() => (change.value = undefined)}
        >
          <p>Writes the focal-point file. Crops that depend on the point are rendered again on their next request.</p>
        </Dialog>
      )}
    </div>
  )
}

/** The photo with the point, and the crops of all sizes that depend on it. */
export const FocalView = ({ photo, onChange }: PartProps): JSX.Element => {
  const point = useSignal<Point>(photo.focalPoint ?? CENTER)
  const sizes = catalogue.value?.sizes.filter(isCrop) ?? []
  const picture = overviewOf(photo)
  const text = JSON.stringify({ [photo.key]: point.value })
  return (
    <section aria-label="Focal point">
      <p class="muted">
        {sizes.length > 0
          ? `Drag the point, or move it with the arrow keys. ${sizes.length} listed ${sizes.length === 1 ? "size follows" : "sizes follow"} it.`
          : "No listed size follows the focal point. Crops with the gravity “smart” do."}
      </p>
      <div class="focal">
        {picture && <FocalPicker point={point} url={picture.url} width={photo.info.width} height={photo.info.height} />}
        <ul class="crops">
          {sizes.map((size) => (
            <FocalCrop key={size.name} size={size} url={picture?.url ?? ""} info={photo.info} point={point.value} />
          ))}
        </ul>
      </div>
      <div class="row controls">
        {catalogue.value?.canWrite ? (
          <Save photo={photo} point={point.value} onSaved={onChange} />
        ) : (
          <p class="muted">{catalogue.value?.whyNotWrite ?? "This studio may not save focal points."}</p>
        )}
        <CopyButton text={text} name="the entry of the focal-point file" label="Copy entry" />
      </div>
    </section>
  )
}

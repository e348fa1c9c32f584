/** Responsible for overlays: pictures that are drawn over the output, each at its place or as a pattern. */
import type { OverlayOptions } from "sharp"

import { renderFailed } from "../../errors.ts"
import { toPixels } from "../../sizes/option-values.ts"
import type { Blend, Overlay } from "../../sizes/size-option-types.ts"
import { cutFrame } from "./crop.ts"
import { asInput, copyInto, type Frame, toFrame, toImage } from "./frame.ts"
import { prepareOverlay, withGap } from "./overlay-image.ts"
import { type Place, placeAt } from "./place.ts"
import type { FinishJob, FinishStep } from "./step.ts"

/** An overlay in the dimensions and with the margin that it has on a frame. */
const prepare = async (frame: Frame, overlay: Overlay, { getAsset }: FinishJob) => {
  const { image, digest = "", width, margin = 0, opacity = 1, tile } = overlay
  const bytes = getAsset(digest)
  if (!bytes) throw renderFailed(new Error(`The overlay ${image} was not passed to the renderer.`))
  const space = Math.min(toPixels(margin, frame.width), Math.floor((Math.min(frame.width, frame.height) - 1) / 2))
  const edges = tile ? 0 : 2 * space
  const picture = await prepareOverlay(digest, bytes, {
    width: width === undefined ? undefined : Math.max(1, toPixels(width, frame.width)),
    max: { width: frame.width - edges, height: frame.height - edges },
    opacity,
  })
  return { picture, space }
}

const composite = async (frame: Frame, layer: OverlayOptions): Promise<Frame> => {
  const drawn = (await toImage(frame)).composite([layer])
  return toFrame(frame.channels === 4 ? drawn : drawn.removeAlpha())
}

const drawTiles = async (frame: Frame, picture: Frame, gap: number, blend: Blend): Promise<Frame> => {
  const spaced = await withGap(picture, gap)
  const fitting = { width: Math.min(spaced.width, frame.width), height: Math.min(spaced.height, frame.height) }
  const tile = cutFrame(spaced, { left: 0, top: 0, ...fitting })
  return composite(frame, { ...asInput(tile), tile: true, gravity: "northwest", blend })
}

/** An overlay over opaque pixels in its dimensions: the most frequent case, for which starting the image library takes longest. */
const drawOver = ({ data, width, height }: Frame, picture: Frame): Frame => {
  const mixed = new Uint8Array(data.length)
  for (let pixel = 0; pixel < width * height; pixel++) {
    const opacity = (picture.data[4 * pixel + 3] ?? 0) / 255
    for (let channel = 0; channel < 3; channel++) {
      const behind = data[3 * pixel + channel] ?? 0
      const front = picture.data[4 * pixel + channel] ?? 0
      mixed[3 * pixel + channel] = Math.round(behind + (front - behind) * opacity)
    }
  }
  return { data: mixed, width, height, channels: 3 }
}

/** Only the part of the frame below the overlay is composed: the rest does not change. */
const drawOnce = async (frame: Frame, picture: Frame, at: Place, blend: Blend): Promise<Frame> => {
  const { width, height } = picture
  const below = cutFrame(frame, { ...at, width, height })
  const isPlain = blend === "over" && frame.channels === 3
  const part = isPlain ? drawOver(below, picture) : await composite(below, { ...asInput(picture), blend })
  const drawn: Frame = { ...frame, data: new Uint8Array(frame.data) }
  copyInto(drawn, part, at)
  return drawn
}

/** Draws the overlays, the first one first. */
export const drawOverlays: FinishStep = async (frame, job) => {
  let drawn = frame
  for (const overlay of job.options.overlay ?? []) {
    const { gravity = "center", blend = "over", tile } = overlay
    const { picture, space } = await prepare(drawn, overlay, job)
    const { width, height } = tile ? drawn : picture
    const at = tile ? { left: 0, top: 0 } : placeAt(gravity, picture, drawn, space)
    drawn = await (tile ? drawTiles(drawn, picture, space, blend) : drawOnce(drawn, picture, at, blend))
    job.onDraw({ ...at, width, height })
  }
  return drawn
}

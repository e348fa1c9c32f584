/** Responsible for overlays: pictures that are drawn over the output, each at its place or as a pattern. */
import type { OverlayOptions } from "sharp"

import { renderFailed } from "../../errors.ts"
import { type Overlay, toPixels } from "../../sizes/size-options.ts"
import { cutFrame } from "./crop.ts"
import { type Frame, toFrame, toImage } from "./frame.ts"
import { prepareOverlay, withGap } from "./overlay-image.ts"
import { placeAt } from "./place.ts"
import type { FinishJob, FinishStep } from "./step.ts"

const asInput = ({ data, width, height, channels }: Frame): Pick<OverlayOptions, "input" | "raw"> => ({
  input: Buffer.from(data.buffer, data.byteOffset, data.length),
  raw: { width, height, channels },
})

/** An overlay as the image library draws it. */
const layerOf = async (frame: Frame, overlay: Overlay, { getAsset }: FinishJob): Promise<OverlayOptions> => {
  const { image, digest = "", width, gravity = "center", margin = 0, opacity = 1, blend = "over", tile } = overlay
  const bytes = getAsset(digest)
  if (!bytes) throw renderFailed(new Error(`The overlay ${image} was not passed to the renderer.`))
  const space = Math.min(toPixels(margin, frame.width), Math.floor((Math.min(frame.width, frame.height) - 1) / 2))
  const edges = tile ? 0 : 2 * space
  const picture = await prepareOverlay(digest, bytes, {
    width: width === undefined ? undefined : Math.max(1, toPixels(width, frame.width)),
    max: { width: frame.width - edges, height: frame.height - edges },
    opacity,
  })
  if (!tile) return { ...asInput(picture), ...placeAt(gravity, picture, frame, space), blend }
  const spaced = await withGap(picture, space)
  const fitting = { width: Math.min(spaced.width, frame.width), height: Math.min(spaced.height, frame.height) }
  return { ...asInput(cutFrame(spaced, { left: 0, top: 0, ...fitting })), tile: true, gravity: "northwest", blend }
}

/** Draws the overlays, the first one first. */
export const drawOverlays: FinishStep = async (frame, job) => {
  const { overlay } = job.options
  if (!overlay) return frame
  const layers: OverlayOptions[] = []
  for (const one of overlay) layers.push(await layerOf(frame, one, job))
  const drawn = (await toImage(frame)).composite(layers)
  return toFrame(frame.channels === 4 ? drawn : drawn.removeAlpha())
}

/** Responsible for the iframe of a preview, scaled down to the width of the page. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"

import { type ImgAttributes, measurePick, type Picked } from "./preview-frame.ts"

interface PreviewStageProps {
  readonly attributes: ImgAttributes
  /** CSS pixels. */
  readonly viewport: number
  readonly density: number
  /** Dimensions with the ratio of the picture. */
  readonly ratio: { readonly width: number; readonly height: number }
  readonly onPick: (pick: Picked) => void
}

/** Wait after the last move of a slider. */
const DELAY_MS = 120

let measurements = 0

const useAvailableWidth = (): readonly [{ current: HTMLDivElement | null }, number] => {
  const element = useRef<HTMLDivElement>(null)
  const width = useSignal(0)
  useEffect(() => {
    const observer = new ResizeObserver(() => (width.value = element.current?.clientWidth ?? 0))
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, width.value]
}

/** The iframe has the chosen width in CSS pixels and the chosen density; the page shows all of it. */
export const PreviewStage = ({ attributes, viewport, density, ratio, onPick }: PreviewStageProps): JSX.Element => {
  const [element, available] = useAvailableWidth()
  const frame = useRef<HTMLIFrameElement>(null)
  const height = Math.max(1, Math.round((viewport * ratio.height) / ratio.width))
  const zoom = density / devicePixelRatio
  const scale = Math.min(1, available / viewport) / zoom
  useEffect(() => {
    let isCurrent = true
    const timer = setTimeout(() => {
      if (!frame.current) return
      measurements += 1
      measurePick(frame.current, attributes, String(measurements)).then(
        (pick) => isCurrent && onPick(pick),
        () => undefined,
      )
    }, DELAY_MS)
    return () => {
      isCurrent = false
      clearTimeout(timer)
    }
  }, [attributes, viewport, density])
  return (
    <div class="preview" ref={element} style={{ height: `${height * scale * zoom}px` }}>
      <iframe
        ref={frame}
        title="Preview of the picture in a page"
        tabIndex={-1}
        scrolling="no"
        style={{ width: `${viewport}px`, height: `${height}px`, zoom: String(zoom), transform: `scale(${scale})` }}
      />
    </div>
  )
}

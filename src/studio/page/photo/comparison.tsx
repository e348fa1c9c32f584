/**
 * Responsible for two pictures in one place, with a divider between them.
 *
 * The divider has a place in the visible part, so it stays in view when the pictures are scrolled. The left picture is clipped there.
 */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useLayoutEffect, useRef } from "preact/hooks"

import { Divider } from "./divider.tsx"
import { ZoomChoice, type Zoom } from "./zoom-choice.tsx"

/** One side. The URL is undefined while it loads. */
export interface Side {
  readonly url: string | undefined
  readonly title: string
}

interface ComparisonProps {
  /** Dimensions of both pictures in pixels. */
  readonly width: number
  readonly height: number
  readonly left: Side
  readonly right: Side
}

/** Scroll position and visible width, in pixels of the page. */
const useView = (): {
  readonly element: { current: HTMLDivElement | null }
  readonly scroll: { readonly value: number }
  readonly visible: { readonly value: number }
  readonly update: () => void
} => {
  const element = useRef<HTMLDivElement>(null)
  const scroll = useSignal(0)
  const visible = useSignal(0)
  const update = (): void => {
    scroll.value = element.current?.scrollLeft ?? 0
    visible.value = element.current?.clientWidth ?? 0
  }
  useLayoutEffect(() => {
    update()
    const observer = new ResizeObserver(update)
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return { element, scroll, visible, update }
}

/** A stage with both pictures; scrolling and zooming move both. */
export const Comparison = ({ width, height, left, right }: ComparisonProps): JSX.Element => {
  const { element, scroll, visible, update } = useView()
  const zoom = useSignal<Zoom>("fit")
  const split = useSignal(0.5)
  const factor = zoom.value === "fit" ? Math.min(1, visible.value / width || 1) : zoom.value
  const shownWidth = width * factor
  const shownHeight = height * factor
  const isSmooth = factor < 2
  const stageStyle = zoom.value === "fit" ? { height: `${shownHeight}px` } : {}
  const inset = Math.max(0, (visible.value - shownWidth) / 2)
  const edge = Math.min(shownWidth, Math.max(0, scroll.value + visible.value * split.value - inset))
  return (
    <div class="comparison">
      <div class="row between">
        <ZoomChoice zoom={zoom} />
        <p class="muted legend">
          <span>Left: {left.title}</span>
          <span>Right: {right.title}</span>
        </p>
      </div>
      <div class="stage-frame">
        <div
          class={zoom.value === "fit" ? "stage" : "stage zoomed"}
          style={stageStyle}
          ref={element}
          onScroll={update}
          tabIndex={0}
          role="region"
          aria-label="Pictures; scroll with the arrow keys"
        >
          <div
            class={isSmooth ? "pair" : "pair pixels"}
            style={{ width: `${shownWidth}px`, height: `${shownHeight}px` }}
          >
            {right.url && <img src={right.url} alt={right.title} />}
            {left.url && (
              <img src={left.url} alt={left.title} style={{ clipPath: `inset(0 ${shownWidth - edge}px 0 0)` }} />
            )}
          </div>
        </div>
        <Divider split={split} />
      </div>
    </div>
  )
}

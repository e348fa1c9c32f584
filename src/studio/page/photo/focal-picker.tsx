/** Responsible for the point on the photo: dragged by pointer, or moved by keys. */
import type { Signal } from "@preact/signals"
import type { JSX, TargetedPointerEvent } from "preact"

import type { Point } from "../../api.ts"

const STEP = 0.01
const LARGE_STEP = 0.1

const clamp = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1000) / 1000))

const MOVES: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

interface FocalPickerProps {
  readonly point: Signal<Point>
  readonly url: string
  readonly width: number
  readonly height: number
}

/** The whole photo with a handle. */
export const FocalPicker = ({ point, url, width, height }: FocalPickerProps): JSX.Element => {
  const [x, y] = point.value
  const drag = (event: TargetedPointerEvent<HTMLDivElement>): void => {
    if (event.type !== "pointerdown" && !event.currentTarget.hasPointerCapture(event.pointerId)) return
    const frame = event.currentTarget.getBoundingClientRect()
    point.value = [clamp((event.clientX - frame.left) / frame.width), clamp((event.clientY - frame.top) / frame.height)]
  }
  const press = (event: KeyboardEvent): void => {
    const move = Object.hasOwn(MOVES, event.key) ? MOVES[event.key] : undefined
    if (!move) return
    event.preventDefault()
    const step = event.shiftKey ? LARGE_STEP : STEP
    point.value = [clamp(x + move[0] * step), clamp(y + move[1] * step)]
  }
  return (
    <div
      class="focal-picker"
      style={{ aspectRatio: `${width} / ${height}` }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        drag(event)
      }}
      onPointerMove={drag}
    >
      <img src={url} alt="The whole photo" draggable={false} />
      <div
        class="focal-handle"
        role="slider"
        tabIndex={0}
        aria-label="Focal point"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(x * 100)}
        aria-valuetext={`${Math.round(x * 100)} % from the left, ${Math.round(y * 100)} % from the top`}
        style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
        onKeyDown={press}
      />
    </div>
  )
}

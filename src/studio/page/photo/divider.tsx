/** Responsible for the divider of a comparison: dragged by pointer, or moved by keys. */
import type { Signal } from "@preact/signals"
import type { JSX, TargetedPointerEvent } from "preact"

const STEP = 0.02

const clamp = (value: number): number => Math.min(1, Math.max(0, value))

const KEYS: Readonly<Record<string, (value: number) => number>> = {
  ArrowLeft: (value) => value - STEP,
  ArrowRight: (value) => value + STEP,
  Home: () => 0,
  End: () => 1,
}

/** @param split its place, 0 left to 1 right */
export const Divider = ({ split }: { readonly split: Signal<number> }): JSX.Element => {
  const drag = (event: TargetedPointerEvent<HTMLDivElement>): void => {
    const frame = event.currentTarget.parentElement?.getBoundingClientRect()
    if (frame && event.currentTarget.hasPointerCapture(event.pointerId))
      split.value = clamp((event.clientX - frame.left) / frame.width)
  }
  const press = (event: KeyboardEvent): void => {
    const move = Object.hasOwn(KEYS, event.key) ? KEYS[event.key] : undefined
    if (!move) return
    event.preventDefault()
    split.value = clamp(move(split.value))
  }
  return (
    <div
      class="divider"
      role="slider"
      tabIndex={0}
      aria-label="Divider"
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(split.value * 100)}
      style={{ left: `${split.value * 100}%` }}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  )
}

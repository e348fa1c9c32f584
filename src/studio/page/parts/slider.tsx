/** Responsible for sliders with their value. */
import type { JSX } from "preact"
import { useId } from "preact/hooks"

interface SliderProps {
  readonly label: string
  readonly min: number
  readonly max: number
  readonly step?: number
  readonly value: number
  /** The value as text. */
  readonly text: string
  readonly onInput: (value: number) => void
}

/** A range with a label and its value. */
export const Slider = ({ label, min, max, step = 1, value, text, onInput }: SliderProps): JSX.Element => {
  const id = useId()
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text}
        onInput={(event) => onInput(Number(event.currentTarget.value))}
      />
      <output for={id}>{text}</output>
    </div>
  )
}

/** Responsible for choices from a few values. */
import type { JSX } from "preact"
import { useId } from "preact/hooks"

interface ChoiceProps {
  readonly label: string
  readonly options: readonly (readonly [value: string, text: string])[]
  readonly value: string
  readonly onChange: (value: string) => void
}

/** A labelled select. */
export const Choice = ({ label, options, value, onChange }: ChoiceProps): JSX.Element => {
  const id = useId()
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

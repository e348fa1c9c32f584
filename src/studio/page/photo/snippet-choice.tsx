/** Responsible for the choice of a kind of project. */
import type { JSX } from "preact"

import type { Snippet } from "../../api.ts"

interface SnippetChoiceProps {
  readonly snippets: readonly Snippet[]
  readonly chosen: string
  readonly onChoose: (id: string) => void
}

/** Radio buttons that wrap. */
export const SnippetChoice = ({ snippets, chosen, onChoose }: SnippetChoiceProps): JSX.Element => (
  <fieldset class="chips">
    <legend class="hidden">Copy as</legend>
    {snippets.map(({ id, title }) => (
      <label key={id}>
        <input type="radio" name="snippet" checked={id === chosen} onChange={() => onChoose(id)} />
        <span>{title}</span>
      </label>
    ))}
  </fieldset>
)

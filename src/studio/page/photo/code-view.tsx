/** Responsible for code to copy, for one kind of project after the other. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import { request } from "../lib/api-client.ts"
import { navigate } from "../lib/router.ts"
import { useLoad } from "../lib/use-load.ts"
import { Choice } from "../parts/choice.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { Problem } from "../parts/problem.tsx"
import { sizesIn } from "./overview.ts"
import type { PartProps } from "./part-props.ts"
import { SnippetChoice } from "./snippet-choice.tsx"

/** The largest size that is not a crop, as most pages use it. */
export const defaultSize = ({ photo }: Pick<PartProps, "photo">): string =>
  photo.renditions.toSorted((a, b) => b.width - a.width)[0]?.size ?? sizesIn(photo)[0] ?? ""

/** A size, a kind of project, and its code. */
export const CodeView = ({ photo, route }: PartProps): JSX.Element => {
  const size = route.size || defaultSize({ photo })
  const chosen = useSignal("html-img")
  const { state, reload } = useLoad(`${photo.key}\n${size}`, (signal) =>
    request("GET snippets", { key: photo.key, size }, { signal }),
  )
  const { value, problem } = state.value
  const snippet = value?.snippets.find(({ id }) => id === chosen.value) ?? value?.snippets[0]
  return (
    <section aria-label="Code">
      <div class="row controls">
        <Choice
          label="Largest size"
          value={size}
          options={sizesIn(photo).map((one) => [one, one])}
          onChange={(next) => navigate({ ...route, size: next }, { replace: true })}
        />
      </div>
      {problem && <Problem problem={problem} onRetry={reload} />}
      {value && snippet && (
        <>
          <SnippetChoice snippets={value.snippets} chosen={snippet.id} onChoose={(id) => (chosen.value = id)} />
          <div class="code">
            <div class="row between">
              <h2>{snippet.title}</h2>
              <CopyButton text={snippet.code} name={`the code for ${snippet.title}`} label="Copy" />
            </div>
            <pre tabIndex={0} aria-label={`Code for ${snippet.title}`} role="region">
              <code>{snippet.code}</code>
            </pre>
          </div>
        </>
      )}
    </section>
  )
}

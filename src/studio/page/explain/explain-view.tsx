/** Responsible for the view that explains a URL, a path or an original. */
import type { JSX } from "preact"

import { request } from "../lib/api-client.ts"
import { catalogue } from "../lib/catalogue.ts"
import { formatRoute } from "../lib/routes.ts"
import { useLoad } from "../lib/use-load.ts"
import { Name } from "../parts/name.tsx"
import { Problem } from "../parts/problem.tsx"
import { ExplainForm } from "./explain-form.tsx"
import { ExplanationParts } from "./explanation-parts.tsx"

interface ExplainViewProps {
  readonly target: string
  readonly accept: string
}

const Introduction = (): JSX.Element => {
  const example = catalogue.value?.exampleOriginal
  const size = catalogue.value?.sizes[0]?.name
  return (
    <div class="empty">
      <h2>Paste a URL, a path or the key of an original</h2>
      <p>
        The explanation shows how it is read, which original and recipe it means, whether a fresh rendition is stored,
        and the response that the server would send. Nothing is rendered.
      </p>
      {example && (
        <p>
          For instance the original{" "}
          <a href={formatRoute({ view: "explain", target: example, accept: "" })}>
            <Name text={example} />
          </a>{" "}
          {size && (
            <>
              or{" "}
              <a href={formatRoute({ view: "explain", target: `/999x999/${example}`, accept: "" })}>
                a size that is probably not listed
              </a>
            </>
          )}
        </p>
      )}
    </div>
  )
}

/** A form and the explanation. */
export const ExplainView = ({ target, accept }: ExplainViewProps): JSX.Element => {
  const { state, reload } = useLoad(target === "" ? undefined : `${target}\n${accept}`, (signal) =>
    request("GET explain", { target, accept }, { signal }),
  )
  const { value, problem, isLoading } = state.value
  return (
    <div class="view" aria-busy={isLoading}>
      <div class="toolbar">
        <h1>Explain</h1>
      </div>
      <ExplainForm target={target} accept={accept} />
      {problem && <Problem problem={problem} onRetry={reload} />}
      {target === "" && <Introduction />}
      {target !== "" && value && <ExplanationParts explanation={value} />}
    </div>
  )
}

/** Responsible for drafts of the list of sizes: their renditions, bytes, and a contact sheet. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { SizeInput } from "../../../sizes/size-input.ts"
import type { DraftList } from "../../api.ts"
import { type ApiProblem, request, toProblem } from "../lib/api-client.ts"
import { catalogue } from "../lib/catalogue.ts"
import { Problem } from "../parts/problem.tsx"
import { DraftListResult } from "./draft-list-result.tsx"
import { DraftSheet } from "./draft-sheet.tsx"
import { formatSizes, parseSizes } from "./parse-sizes.ts"

interface Result {
  readonly sizes: readonly SizeInput[]
  readonly list?: DraftList
  readonly problem?: ApiProblem
}

const estimate = async (sizes: readonly SizeInput[]): Promise<Result> => {
  try {
    return { sizes, list: await request("POST draft-list", { sizes }) }
  } catch (error) {
    return { sizes, problem: toProblem(error) }
  }
}

const ResultPart = ({ result, onRetry }: { readonly result: Result; readonly onRetry: () => void }): JSX.Element => (
  <>
    {result.problem && <Problem problem={result.problem} onRetry={onRetry} />}
    {result.list && <DraftListResult list={result.list} />}
    {result.list?.problems.length === 0 && <DraftSheet sizes={result.sizes} />}
  </>
)

/** A text with sizes, and what they would mean for the catalogue. Nothing is stored. */
export const DraftListView = (): JSX.Element => {
  const text = useSignal(formatSizes(catalogue.value?.sizes.map(({ input }) => input) ?? []))
  const mistake = useSignal("")
  const result = useSignal<Result | undefined>(undefined)
  const isRunning = useSignal(false)
  const submit = async (): Promise<void> => {
    const parsed = parseSizes(text.value)
    mistake.value = "mistake" in parsed ? parsed.mistake : ""
    if ("mistake" in parsed || isRunning.value) return
    isRunning.value = true
    result.value = await estimate(parsed.sizes)
    isRunning.value = false
  }
  const current = result.value
  return (
    <>
      <form
        class="panel draft-list"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <label for="sizes">Sizes</label>
        <textarea
          id="sizes"
          rows={4}
          spellcheck={false}
          aria-describedby="sizes-help"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
        <p id="sizes-help" class="muted">
          Like <code>360x270, 640w, 480h</code>. A size with options is an object on its own line:{" "}
          <code>{'{ "size": "600x600", "name": "card", "fit": "contain" }'}</code>
        </p>
        {mistake.value && (
          <p class="problem" role="alert">
            {mistake.value}
          </p>
        )}
        <button type="submit" class="button primary" disabled={isRunning.value}>
          {isRunning.value ? "Sampling…" : "Estimate"}
        </button>
      </form>
      {current && <ResultPart result={current} onRetry={() => void submit()} />}
    </>
  )
}

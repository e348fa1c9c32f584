/** Responsible for the form of the view that explains a request. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import { navigate } from "../lib/router.ts"

/** `Accept` headers of images as browsers send them, by name. */
const ACCEPTS: readonly (readonly [name: string, accept: string])[] = [
  ["AVIF and WebP (Chrome, Edge, Firefox)", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"],
  ["WebP only", "image/webp,image/apng,image/*,*/*;q=0.8"],
  ["No preference", "*/*"],
]

interface ExplainFormProps {
  readonly target: string
  readonly accept: string
}

/** Submitting changes the route, so an explanation has a URL. */
export const ExplainForm = ({ target, accept }: ExplainFormProps): JSX.Element => {
  const text = useSignal(target)
  const header = useSignal(accept)
  useEffect(() => {
    text.value = target
    header.value = accept
  }, [target, accept])
  const submit = (event: Event): void => {
    event.preventDefault()
    navigate({ view: "explain", target: text.value.trim(), accept: header.value.trim() })
  }
  return (
    <form class="explain-form" onSubmit={submit}>
      <div class="field grow">
        <label for="target">URL, path or original</label>
        <input
          id="target"
          type="text"
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="https://img.example.com/shop/360x270/mug.jpg"
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="accept">Accept</label>
        <input
          id="accept"
          type="text"
          list="accepts"
          autocomplete="off"
          spellcheck={false}
          placeholder="None"
          value={header.value}
          onInput={(event) => (header.value = event.currentTarget.value)}
        />
        <datalist id="accepts">
          {ACCEPTS.map(([name, value]) => (
            <option key={name} value={value}>
              {name}
            </option>
          ))}
        </datalist>
      </div>
      <button type="submit" class="button primary">
        Explain
      </button>
    </form>
  )
}

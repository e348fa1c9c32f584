/** Responsible for the filter of photos by the beginning of their keys. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"

import { navigate } from "../lib/router.ts"

/** Wait after the last key before the filter applies. */
const DELAY_MS = 150

const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input, select, textarea")

/** A field for a prefix; the key `/` moves the focus to it. */
export const PrefixFilter = ({ prefix }: { readonly prefix: string }): JSX.Element => {
  const text = useSignal(prefix)
  const field = useRef<HTMLInputElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  useEffect(() => {
    text.value = prefix
  }, [prefix])
  useEffect(() => {
    const focus = (event: KeyboardEvent): void => {
      if (event.key !== "/" || isEditable(event.target)) return
      event.preventDefault()
      field.current?.focus()
    }
    addEventListener("keydown", focus)
    return () => removeEventListener("keydown", focus)
  }, [])
  const change = (value: string): void => {
    text.value = value
    clearTimeout(timer.current)
    timer.current = setTimeout(
      () => navigate({ view: "photos", prefix: value, after: "" }, { replace: true }),
      DELAY_MS,
    )
  }
  return (
    <div class="field filter">
      <label for="prefix">Prefix</label>
      <input
        id="prefix"
        ref={field}
        type="search"
        placeholder="shop/mu"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(event) => change(event.currentTarget.value)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  )
}

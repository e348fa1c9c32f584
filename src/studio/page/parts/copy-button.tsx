/** Responsible for buttons that copy a text. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import { copyText } from "../lib/announce.ts"
import { Icon } from "./icon.tsx"

const SHOWN_MS = 1500

interface CopyButtonProps {
  readonly text: string
  /** Completes "Copy", for screen readers and the message. */
  readonly name: string
  /** Visible text. @default only the icon */
  readonly label?: string
}

/** Copies a text, and shows a tick for a moment. */
export const CopyButton = ({ text, name, label }: CopyButtonProps): JSX.Element => {
  const isDone = useSignal(false)
  const copy = (): void => {
    void copyText(text, name).then((isCopied) => {
      isDone.value = isCopied
      setTimeout(() => {
        isDone.value = false
      }, SHOWN_MS)
    })
  }
  return (
    <button
      type="button"
      class={label ? "button" : "button bare"}
      onClick={copy}
      aria-label={label ? `${label}: ${name}` : `Copy ${name}`}
      title={`Copy ${name}`}
    >
      <Icon name={isDone.value ? "check" : "copy"} />
      {label}
    </button>
  )
}

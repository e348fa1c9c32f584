/** Responsible for short messages at the edge of the page, which screen readers read out. */
import { signal, type Signal } from "@preact/signals"

/** How long a message stays. */
const VISIBLE_MS = 4000

/** The current message; "" for none. */
export const message: Signal<string> = signal("")

let timer: ReturnType<typeof setTimeout> | undefined

/** Shows a message for a few seconds. */
export const announce = (text: string): void => {
  clearTimeout(timer)
  message.value = text
  timer = setTimeout(() => {
    message.value = ""
  }, VISIBLE_MS)
}

/** Copies a text and reports it. */
export const copyText = async (text: string, name: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text)
    announce(`Copied ${name}`)
  } catch {
    announce(`The browser did not allow copying ${name}`)
  }
}

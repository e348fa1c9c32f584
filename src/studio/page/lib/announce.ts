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

/** The clipboard of scripts exists only on HTTPS and on localhost. Elsewhere the text is selected in a field and copied from there. */
const copyFromField = (text: string): boolean => {
  const field = document.createElement("textarea")
  field.value = text
  field.className = "hidden"
  const focused = document.activeElement
  document.body.append(field)
  field.select()
  // oxlint-disable-next-line typescript/no-deprecated -- the only way without HTTPS
  const isCopied = document.execCommand("copy")
  field.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return isCopied
}

/** Copies a text and reports it. @returns false if the browser did not allow it */
export const copyText = async (text: string, name: string): Promise<boolean> => {
  const isCopied = await Promise.resolve(
    navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("No clipboard")),
  ).then(
    () => true,
    () => copyFromField(text),
  )
  announce(isCopied ? `Copied ${name}` : `The browser did not allow copying ${name}`)
  return isCopied
}

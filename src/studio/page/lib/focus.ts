/** Responsible for the focus where the page replaces the element that had it: the browser would forget the place. */
import { useEffect, useRef } from "preact/hooks"

const focusMain = (): void => document.querySelector<HTMLElement>("#main")?.focus({ preventScroll: true })

/** Moves the focus to the content whenever the value changes, but not at first. */
export const useMovedFocus = (value: string): void => {
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) isFirst.current = false
    else focusMain()
  }, [value])
}

/** Moves the focus to the content if a change of the value removed the element that had it. */
export const useKeptFocus = (value: unknown): void => {
  const hadFocus = useRef(false)
  useEffect(() => {
    if (hadFocus.current && document.activeElement === document.body) focusMain()
    const note = (): void => {
      hadFocus.current = document.activeElement !== document.body
    }
    document.addEventListener("focusin", note)
    return () => document.removeEventListener("focusin", note)
  }, [value])
}

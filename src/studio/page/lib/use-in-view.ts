/** Responsible for elements that do something once they are in view. */
import { type ReadonlySignal, useSignal } from "@preact/signals"
import type { RefObject } from "preact"
import { useEffect, useRef } from "preact/hooks"

/** A reference for an element, and whether it has been in view. */
export const useInView = <E extends Element>(): readonly [RefObject<E | null>, ReadonlySignal<boolean>] => {
  const element = useRef<E>(null)
  const isInView = useSignal(false)
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return
      isInView.value = true
      observer.disconnect()
    })
    if (element.current) observer.observe(element.current)
    return () => observer.disconnect()
  }, [])
  return [element, isInView]
}

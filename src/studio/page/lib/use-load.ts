/** Responsible for data that a component loads: the previous value stays while the next one loads, so nothing on the page moves. */
import { useSignal, type ReadonlySignal } from "@preact/signals"
import { useCallback, useEffect } from "preact/hooks"

import { type ApiProblem, toProblem } from "./api-client.ts"

/** The state of a load. */
export interface Loaded<T> {
  readonly value?: T | undefined
  readonly problem?: ApiProblem | undefined
  readonly isLoading: boolean
}

/** A load and how to repeat it. */
export interface Load<T> {
  readonly state: ReadonlySignal<Loaded<T>>
  readonly reload: () => void
}

/**
 * Loads again whenever `key` changes, and gives up the load before.
 * @param key identifies the value; undefined loads nothing
 */
export const useLoad = <T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Load<T> => {
  const state = useSignal<Loaded<T>>({ isLoading: key !== undefined })
  const attempt = useSignal(0)
  const count = attempt.value
  useEffect(() => {
    if (key === undefined) return undefined
    const abort = new AbortController()
    state.value = { ...state.peek(), isLoading: true }
    load(abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) state.value = { value, isLoading: false }
      },
      (error: unknown) => {
        if (!abort.signal.aborted) state.value = { problem: toProblem(error), isLoading: false }
      },
    )
    return () => abort.abort()
  }, [key, count])
  const reload = useCallback(() => {
    attempt.value = attempt.peek() + 1
  }, [])
  return { state, reload }
}

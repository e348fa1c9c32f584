/**
 * Responsible for the cells of a contact sheet.
 *
 * Invariants:
 * - Stored renditions are fetched when they come into view. All others wait in one line, one at a time.
 * - After `close` nothing is fetched, and all pictures are released.
 */
import { type ReadonlySignal, signal, type Signal } from "@preact/signals"

import type { SheetItem } from "../../api.ts"
import { type ApiProblem, toProblem } from "../lib/api-client.ts"
import { fetchRendition, type FetchedRendition } from "./fetch-rendition.ts"

/** The state of one cell. */
export type CellState =
  | { readonly phase: "idle" | "waiting" | "loading" }
  | { readonly phase: "done"; readonly rendition: FetchedRendition }
  | { readonly phase: "failed"; readonly problem: ApiProblem }

/** One rendition of a sheet. */
export interface Cell {
  readonly item: SheetItem
  readonly state: ReadonlySignal<CellState>
  /** Fetches the rendition, unless that has begun. */
  readonly show: () => void
}

/** A contact sheet. */
export interface Sheet {
  readonly cells: readonly Cell[]
  readonly showAll: () => void
  readonly close: () => void
}

/** True for a rendition that is sent without a render. */
export const isStored = ({ state }: SheetItem): boolean => state === "fresh"

/** Creates the cells; nothing is fetched before `show`. */
export const createSheet = (items: readonly SheetItem[]): Sheet => {
  const abort = new AbortController()
  let line: Promise<void> = Promise.resolve()

  const load = async (item: SheetItem, state: Signal<CellState>): Promise<void> => {
    if (abort.signal.aborted) return
    state.value = { phase: "loading" }
    try {
      const rendition = await fetchRendition(item, abort.signal)
      if (abort.signal.aborted) URL.revokeObjectURL(rendition.url)
      else state.value = { phase: "done", rendition }
    } catch (error) {
      state.value = { phase: "failed", problem: toProblem(error) }
    }
  }

  const cells = items.map((item): Cell => {
    const state = signal<CellState>({ phase: "idle" })
    const show = (): void => {
      if (state.peek().phase !== "idle") return
      if (isStored(item)) void load(item, state)
      else {
        state.value = { phase: "waiting" }
        line = line.then(() => load(item, state))
      }
    }
    return { item, state, show }
  })

  const close = (): void => {
    abort.abort()
    for (const { state } of cells) {
      const current = state.peek()
      if (current.phase === "done") URL.revokeObjectURL(current.rendition.url)
    }
  }
  return { cells, close, showAll: () => cells.forEach(({ show }) => show()) }
}

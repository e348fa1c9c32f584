/** Responsible for the facts that every view needs: sizes, formats, and the permissions of this studio. */
import { signal, type Signal } from "@preact/signals"

import type { Catalogue } from "../../api.ts"
import { type ApiProblem, needsToken, request, toProblem } from "./api-client.ts"

/** The catalogue; undefined until it is loaded. */
export const catalogue: Signal<Catalogue | undefined> = signal(undefined)
/** Why it could not be loaded. */
export const catalogueProblem: Signal<ApiProblem | undefined> = signal(undefined)

/** Loads the catalogue again. */
export const loadCatalogue = async (): Promise<void> => {
  try {
    catalogue.value = await request("GET catalogue")
    catalogueProblem.value = undefined
    needsToken.value = false
  } catch (error) {
    catalogueProblem.value = toProblem(error)
  }
}

/** Exchanges a token for the session's cookie, then loads the catalogue. @throws {Error} see `toProblem` */
export const openSession = async (token: string): Promise<void> => {
  await request("POST session", { token })
  await loadCatalogue()
}

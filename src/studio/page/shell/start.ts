/**
 * Responsible for the start of the page: a token in the fragment of its URL is removed from there at once and exchanged for a cookie, then
 * the catalogue is loaded.
 */
import { announce } from "../lib/announce.ts"
import { toProblem } from "../lib/api-client.ts"
import { loadCatalogue, openSession } from "../lib/catalogue.ts"
import { HOME, formatRoute, tokenIn } from "../lib/routes.ts"

const exchange = async (token: string): Promise<void> => {
  history.replaceState(null, "", formatRoute(HOME))
  try {
    await openSession(token)
  } catch (error) {
    announce(toProblem(error).detail)
    await loadCatalogue()
  }
}

/** Opens the session. The page may be rendered before that is done. */
export const start = async (): Promise<void> => {
  const token = tokenIn(location.hash)
  await (token === undefined ? loadCatalogue() : exchange(token))
  addEventListener("hashchange", () => {
    const pasted = tokenIn(location.hash)
    if (pasted !== undefined) void exchange(pasted)
  })
}

/** Responsible for the check that no client gets a format that it does not accept, through every cache on the way. */
import { type Check, failure, passed, skipped } from "../../check.ts"
import { headerOf } from "../../remote-client.ts"
import { NO_PHOTO, type RemoteContext } from "../../remote-context.ts"

/** `Accept` of a browser with AVIF, of one with WebP, and of a mail program. Twice: the second round comes from caches. */
const ACCEPTS: readonly string[] = ["image/avif,image/webp,*/*;q=0.8", "image/webp,*/*;q=0.8", "image/jpeg,image/png"]

const isAccepted = (type: string, accept: string): boolean =>
  accept.split(/[,;]/).includes(type) || /^image\/(?:jpeg|png|gif)$/.test(type)

/** `Accept-Encoding`, which proxies add when they compress, says nothing about formats. */
const variesByAccept = (vary: string): boolean =>
  vary.split(",").some((name) => ["accept", "*"].includes(name.trim().toLowerCase()))

/** See the head comment. */
export const accept: Check<RemoteContext> = {
  name: "accept",
  probe: "request a photo with three values of Accept, twice",
  examine: async ({ ask, firstPath }, { signal }) => {
    const path = await firstPath()
    if (path === undefined) return skipped(NO_PHOTO)
    const types: string[] = []
    let varies = true
    for (const value of [...ACCEPTS, ...ACCEPTS]) {
      const reply = await ask(path, { signal, headers: { accept: value } })
      const type = headerOf(reply, "content-type")
      types.push(type)
      if (!variesByAccept(headerOf(reply, "vary"))) varies = false
      if (!isAccepted(type, value))
        return failure({
          observation: `${type || `status ${reply.status}`} for a client that accepts ${value}.`,
          meaning: "Some visitors see no photo: a cache sends one client's format to another.",
          fix: "Put the negotiated format into the cache key (the edge function rewrites the URL), or turn negotiation off.",
        })
    }
    const seen = [...new Set(types)].join(", ")
    if (new Set(types).size > 1 && !varies)
      return failure({
        observation: `${seen}, without Vary: Accept.`,
        meaning: "Proxies of visitors may send one client's format to another.",
        fix: "Send Vary: Accept with negotiated responses (imgtailor edge --response prints the function).",
      })
    return passed(
      new Set(types).size > 1 ? `${seen}, with Vary: Accept.` : `${seen} for all: nothing is negotiated here.`,
    )
  },
}

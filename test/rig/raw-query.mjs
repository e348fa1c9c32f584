// Preloaded into serverless-offline, which writes the raw query of an event anew from what it has parsed, so that a space becomes a plus.
// An HTTP API leaves it as it was sent.
import { isMainThread } from "node:worker_threads"

// The function, in a thread of its own, has URLs as they are.
if (isMainThread) {
  const property = Object.getOwnPropertyDescriptor(URL.prototype, "searchParams")
  Object.defineProperty(URL.prototype, "searchParams", {
    get() {
      return Object.assign(property.get.call(this), { toString: () => this.search.slice(1) })
    },
  })
}

// Preloaded into serverless-offline, which writes the raw query of an event anew from what it has parsed, so that a space becomes a plus.
// An HTTP API leaves it as it was sent.
import { isMainThread } from "node:worker_threads"

const { get } = Object.getOwnPropertyDescriptor(URL.prototype, "searchParams")

// The function, in a thread of its own, has URLs as they are.
if (isMainThread) {
  Object.defineProperty(URL.prototype, "searchParams", {
    get() {
      return Object.assign(get.call(this), { toString: () => this.search.slice(1) })
    },
  })
}

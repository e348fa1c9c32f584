// Preloaded into serverless-offline, which encodes the parsed query of an event again, so that a space becomes a plus. An HTTP API passes the
// query on unchanged.
import { isMainThread } from "node:worker_threads"

// The function runs in another thread, whose URLs are not changed.
if (isMainThread) {
  const property = Object.getOwnPropertyDescriptor(URL.prototype, "searchParams")
  Object.defineProperty(URL.prototype, "searchParams", {
    get() {
      return Object.assign(property.get.call(this), { toString: () => this.search.slice(1) })
    },
  })
}

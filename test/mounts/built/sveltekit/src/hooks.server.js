import { tailor } from "./lib/images.mjs"

export const handle = ({ event, resolve }) =>
  event.url.pathname.startsWith("/images/") ? tailor.fetch(event.request) : resolve(event)

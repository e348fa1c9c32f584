import { defineEventHandler, setHeader } from "h3"

import { PAGE } from "../images.mjs"

export default defineEventHandler((event) => {
  setHeader(event, "content-type", "text/html")
  return PAGE
})

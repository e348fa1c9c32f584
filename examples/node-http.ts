// examples/node-http.ts: a custom server with photos under /images/
import { createServer } from "node:http"

import { createTailor } from "imgtailor"
import { toNodeListener } from "imgtailor/node"

const tailor = createTailor({
  originals: "photos",
  sizes: ["360x270", "480h", "1280w"],
  basePath: "/images",
})
const images = toNodeListener(tailor)

const server = createServer((request, response) => {
  if (request.url?.startsWith("/images/")) images(request, response)
  else response.end("Your page goes here.\n")
})

const port = Number(process.env["PORT"] ?? 3000)
server.listen(port, () => console.log("Listening on", server.address()))

// examples/hono.ts: photos under /images/ in a Hono app, on Node
import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { createTailor } from "imgtailor"

const tailor = createTailor({
  originals: "photos",
  sizes: ["360x270", "480h", "1280w"],
  basePath: "/images",
})

const app = new Hono()
app.get("/images/*", (c) => tailor.fetch(c.req.raw))
app.get("/", (c) => c.text("Your page goes here."))

const port = Number(process.env["PORT"] ?? 3000)
serve({ fetch: app.fetch, port }, (address) => console.log("Listening on", address))

import { PAGE, tailor } from "./images.mjs"

const server = Bun.serve({
  port: process.env.PORT,
  hostname: "127.0.0.1",
  fetch: (request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith("/images/")) return tailor.fetch(request)
    if (pathname === "/healthz") return new Response("the host")
    if (pathname === "/boom") return new Response("boom", { status: 500 })
    return new Response(PAGE, { headers: { "content-type": "text/html" } })
  },
})

console.log(`listening on ${server.port}`)

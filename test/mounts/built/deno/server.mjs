import { PAGE, tailor } from "./images.mjs"

Deno.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1" }, (request) => {
  const { pathname } = new URL(request.url)
  if (pathname.startsWith("/images/")) return tailor.fetch(request)
  if (pathname === "/healthz") return new Response("the host")
  if (pathname === "/boom") return new Response("boom", { status: 500 })
  return new Response(PAGE, { headers: { "content-type": "text/html" } })
})

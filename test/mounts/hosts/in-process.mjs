// Servers and frameworks that run in the process of the test. Each has photos below /images/, its own page at / and an error at /boom.
//
// A host:
//   name      for the title of the tests
//   open      mounts a tailor, and returns a server of node:http that does not listen yet
//   dots      true if the host resolves dot segments before the tailor sees them
import { createServer } from "node:http"

import { toNodeListener } from "../../../src/server/node.ts"

/** The page of the host itself. */
export const PAGE = '<!doctype html><img alt="" src="/images/1280w/a+b.jpg"><img alt="" src="/images/a/1280w/b.jpg">'

const html = { "content-type": "text/html" }

/** A server without a framework. */
const node = {
  name: "node:http",
  open: async (tailor) => {
    const images = toNodeListener(tailor)
    return createServer((request, response) => {
      if (request.url.startsWith("/images/")) return images(request, response)
      if (request.url === "/healthz") return response.end("the host")
      response.writeHead(request.url === "/boom" ? 500 : 200, html).end(request.url === "/boom" ? "boom" : PAGE)
    })
  },
}

/** Two lines of the host, and its own routes. @param mounted true if the host removes the path of the mount from `url` */
const express = (name, specifier, isMounted) => ({
  name: `${name}, ${isMounted ? "mounted under a path" : "mounted at the root"}`,
  open: async (tailor) => {
    const { default: createApp } = await import(specifier)
    const app = createApp()
    if (isMounted) app.use("/images", toNodeListener(tailor))
    else app.use(toNodeListener(tailor))
    app.get("/", (_, response) => void response.type("html").send(PAGE))
    app.get("/healthz", (_, response) => void response.send("the host"))
    app.get("/boom", () => {
      throw new Error("boom")
    })
    app.use((_error, _request, response, _next) => void response.status(500).send("boom"))
    return createServer(app)
  },
})

/** A router inside a router: both paths belong to the mount. */
const nested = {
  name: "Express 5, mounted in a router",
  open: async (tailor) => {
    const { default: createApp, Router } = await import("express")
    const [app, router] = [createApp(), Router()]
    router.use("/", toNodeListener(tailor))
    app.use("/images", router)
    app.get("/", (_, response) => void response.type("html").send(PAGE))
    app.get("/healthz", (_, response) => void response.send("the host"))
    app.get("/boom", (_, response) => void response.status(500).send("boom"))
    return createServer(app)
  },
}

const connect = {
  name: "connect",
  open: async (tailor) => {
    const { default: createApp } = await import("connect")
    const app = createApp()
    app.use("/images", toNodeListener(tailor))
    app.use("/healthz", (_, response) => void response.end("the host"))
    app.use("/boom", (_request, _response, next) => next(new Error("boom")))
    app.use("/", (_, response) => void response.setHeader("content-type", "text/html").end(PAGE))
    app.use((_error, _request, response, _next) => {
      response.statusCode = 500
      response.end("boom")
    })
    return createServer(app)
  },
}

const fastify = {
  name: "Fastify",
  open: async (tailor) => {
    const { default: createApp } = await import("fastify")
    const app = createApp()
    const images = toNodeListener(tailor)
    app.route({
      method: ["GET", "HEAD"],
      url: "/images/*",
      handler: (request, reply) => {
        reply.hijack()
        images(request.raw, reply.raw)
      },
    })
    app.get("/", (_, reply) => reply.type("text/html").send(PAGE))
    app.get("/healthz", () => "the host")
    app.get("/boom", () => {
      throw new Error("boom")
    })
    await app.ready()
    return app.server
  },
}

const koa = {
  name: "Koa",
  open: async (tailor) => {
    const { default: Koa } = await import("koa")
    const app = new Koa()
    const images = toNodeListener(tailor)
    app.silent = true
    app.use(async (context, next) => {
      if (!context.path.startsWith("/images/")) return next()
      context.respond = false
      images(context.req, context.res)
    })
    app.use((context) => {
      if (context.path === "/boom") throw new Error("boom")
      context.body = context.path === "/healthz" ? "the host" : PAGE
      if (context.path !== "/healthz") context.type = "html"
    })
    return createServer(app.callback())
  },
}

const hono = {
  name: "Hono",
  dots: true,
  open: async (tailor) => {
    const [{ Hono }, { createAdaptorServer }] = await Promise.all([import("hono"), import("@hono/node-server")])
    const app = new Hono()
    app.on(["GET", "HEAD"], "/images/*", (c) => tailor.fetch(c.req.raw))
    app.get("/", (c) => c.html(PAGE))
    app.get("/healthz", (c) => c.text("the host"))
    app.get("/boom", () => {
      throw new Error("boom")
    })
    app.onError((_, c) => c.text("boom", 500))
    return createAdaptorServer({ fetch: app.fetch })
  },
}

const h3 = {
  name: "h3 2",
  dots: true,
  open: async (tailor) => {
    const [{ H3, HTTPError }, { toNodeHandler }] = await Promise.all([import("h3"), import("h3/node")])
    const app = new H3({ silent: true })
    app.all("/images/**", (event) => tailor.fetch(event.req))
    app.get("/", () => new Response(PAGE, { headers: html }))
    app.get("/healthz", () => "the host")
    app.get("/boom", () => {
      throw new HTTPError({ status: 500, message: "boom" })
    })
    return createServer(toNodeHandler(app))
  },
}

const h3v1 = {
  name: "h3 1 (Nitro 2, Nuxt 4)",
  open: async (tailor) => {
    const {
      createApp,
      createError,
      createRouter,
      defineEventHandler,
      fromNodeMiddleware,
      toNodeListener: toListener,
    } = await import("h3v1")
    const app = createApp()
    app.use("/images", fromNodeMiddleware(toNodeListener(tailor)))
    const router = createRouter()
    router.get(
      "/",
      defineEventHandler((event) => {
        event.node.res.setHeader("content-type", "text/html")
        return PAGE
      }),
    )
    router.get(
      "/healthz",
      defineEventHandler(() => "the host"),
    )
    router.get(
      "/boom",
      defineEventHandler(() => {
        throw createError({ statusCode: 500, message: "boom" })
      }),
    )
    app.use(router)
    return createServer(toListener(app))
  },
}

const nest = {
  name: "NestJS",
  open: async (tailor) => {
    await import("reflect-metadata")
    const [{ NestFactory }, { Module }] = await Promise.all([import("@nestjs/core"), import("@nestjs/common")])
    const App = function App() {}
    Module({})(App)
    const app = await NestFactory.create(App, { logger: false })
    app.use("/images", toNodeListener(tailor))
    const server = app.getHttpAdapter()
    server.get("/", (_, response) => void response.type("html").send(PAGE))
    server.get("/healthz", (_, response) => void response.send("the host"))
    server.get("/boom", (_, response) => void response.status(500).send("boom"))
    await app.init()
    return app.getHttpServer()
  },
}

export const HOSTS = [
  node,
  connect,
  express("Express 4", "express4", true),
  express("Express 4", "express4", false),
  express("Express 5", "express", true),
  express("Express 5", "express", false),
  nested,
  fastify,
  koa,
  hono,
  h3,
  h3v1,
  nest,
]

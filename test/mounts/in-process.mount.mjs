// Tests a tailor in servers and frameworks that run in this process: npm run test:mounts
import { once } from "node:events"
import { createServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"

import { describe, expect, it, onTestFinished } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import { closeServer, toNodeListener } from "../../src/server/node.ts"
import { temporaryFolder } from "../support/folders.ts"
import { createPhotos, send } from "../support/server.ts"
import { NAMED_PHOTOS, NAMED_SIZE, paintNamed } from "../support/trial-names.ts"
import { BASE, CHECKS, SIZES } from "./check-mount.mjs"
import { HOSTS } from "./hosts/in-process.mjs"

/** A host that listens on a free port, with all photos. */
const start = async (host, options = {}) => {
  const photos = await createPhotos()
  for (const photo of NAMED_PHOTOS) await photos.write(photo.key, await paintNamed(photo))
  const renditions = await temporaryFolder()
  const fixed = { originals: photos.folder, renditions, sizes: SIZES, isolation: "none" }
  const tailor = createTailor({ ...fixed, basePath: BASE, ...options })
  const server = await host.open(tailor)
  await new Promise((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(async () => {
    await closeServer(server, 0)
    await Promise.race([tailor.idle(), sleep(500)])
    await tailor.close()
  })
  return { server, tailor, port: server.address().port }
}

describe.each(HOSTS)("imgtailor in $name", (host) => {
  it.each(CHECKS)("$name", async ({ run }) => {
    await expect(run((await start(host)).port, host)).resolves.toBeUndefined()
  })

  it("a server that closes answers the request that is being rendered", async () => {
    const { server, tailor, port } = await start(host)
    const arrived = once(server, "request")
    const pending = send(port, `${BASE}/480h/a%20b.jpg`)
    await arrived
    await closeServer(server, 10_000)
    expect((await pending).status).toBe(200)
    await tailor.idle()
    await tailor.close()
    await expect(send(port, `${BASE}/${NAMED_SIZE}/a+b.jpg`)).rejects.toThrow("ECONNREFUSED")
  })
})

describe("imgtailor in Express", () => {
  const openAt = (path, before) => ({
    open: async (tailor) => {
      const { default: createApp } = await import("express")
      const app = createApp()
      if (before) app.use(before)
      app.use(path, toNodeListener(tailor))
      return createServer(app)
    },
  })

  it("a rewrite of url before the mount wins", async () => {
    const rewrite = (request, _, next) => {
      request.url = request.url.replace("/v2/", "/")
      next()
    }
    const { port } = await start(openAt("/images", rewrite))
    expect((await send(port, `/v2${BASE}/${NAMED_SIZE}/a+b.jpg`)).status).toBe(200)
  })

  it("a tailor without a base path names the mount in Content-Location", async () => {
    const { port } = await start(openAt("/pictures"), { basePath: "" })
    const { status, headers } = await send(port, `/pictures/${NAMED_SIZE}/a+b.jpg`, {
      headers: { accept: "image/webp" },
    })
    expect([status, headers["content-location"]]).toEqual([200, `/pictures/${NAMED_SIZE}/a%2Bb.jpg.webp`])
  })

  it("a folder of originals with the name of the mount is reached below the mount", async () => {
    const { port } = await start(openAt("/a"), { basePath: "/a" })
    expect((await send(port, `/a/a/${NAMED_SIZE}/b.jpg`)).status).toBe(200)
    expect((await send(port, `/a/${NAMED_SIZE}/b.jpg`)).status).toBe(404)
  })
})

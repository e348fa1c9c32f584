/** Renditions as the page fetches them: the errors of a real server, and of a proxy in front of it. */
import { rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

import { expect, it, onTestFinished } from "vitest"

import { quadrants } from "../../../../test/support/photos.ts"
import { startStudio } from "../../../../test/support/studio.ts"
import type { Photo } from "../../api.ts"
import { fetchRendition } from "./fetch-rendition.ts"

const fetchFrom = (origin: string, item: Photo["renditions"][number]) =>
  fetchRendition({ ...item, url: `${origin}${item.url}` })

it("a rendition that is refused has the code, the reason and the fix that the server reports", async () => {
  const studio = await startStudio({ isOpen: true })
  await studio.write("mug.webp", await quadrants({ width: 120, height: 90 }))
  // A folder without any file counts as one that is not available.
  await studio.write("other.webp", await quadrants({ width: 120, height: 90 }))
  const { renditions } = await studio.json<Photo>("photo?key=mug.webp")
  await rm(join(studio.folder, "mug.webp"))
  expect(renditions.length).toBeGreaterThan(1)
  for (const item of renditions)
    await expect(fetchFrom(studio.origin, item)).rejects.toMatchObject({
      cause: {
        status: 404,
        code: "original-not-found",
        detail: 'No original "mug.webp" was found.',
        hint: expect.stringContaining("mug.jpg.webp") as string,
      },
    })
})

it.each([
  ["Bad Gateway", "<h1>502</h1>", "Bad Gateway"],
  ["", "<h1>502</h1>", "The server answered 502."],
  ["", "{}", "The server answered 502."],
])("an error with the phrase %j and the body %s of another server is described by its status", async (...texts) => {
  const [phrase, body, detail] = texts
  const server = createServer((_, response) => response.writeHead(502, phrase).end(body))
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => new Promise<void>((done) => void server.close(() => done())))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const item = { url: "/80w/a.jpg", format: "jpeg" } as Photo["renditions"][number]
  await expect(fetchFrom(origin, item)).rejects.toMatchObject({ cause: { status: 502, code: "http-502", detail } })
})

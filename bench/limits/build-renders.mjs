// build-renders.mjs CHECKOUT ORIGINALS RENDITIONS SIZES: renders with the build of a checkout, in its own process. GET /SIZE/PHOTO answers
// with the CPU milliseconds of that request, HTTP not included.
import { createServer } from "node:http"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

const [checkout, originals, renditions, sizes] = process.argv.slice(2)
const { createTailor } = await import(pathToFileURL(join(checkout, "dist/index.js")).href)
const options = { originals, renditions, sizes: sizes.split(",") }

const create = async () => {
  try {
    return await createTailor({ ...options, isolation: "none" })
  } catch (error) {
    // Builds before render processes have no such setting.
    if (error.code !== "bad-config") throw error
    return createTailor(options)
  }
}

const tailor = await create()

const respond = async ({ url }, response) => {
  const before = process.cpuUsage()
  const rendition = await tailor.fetch(new Request(`http://127.0.0.1${url}`))
  await rendition.arrayBuffer()
  const { user, system } = process.cpuUsage(before)
  response.writeHead(rendition.status)
  response.end(String((user + system) / 1000))
}

const server = createServer((request, response) => void respond(request, response))
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))

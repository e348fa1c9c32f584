// The same renders by ipx (from npm) and imgproxy (a program), one at a time: our CPU over theirs. A peer that is not installed is skipped.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { interleave } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { ended, freePort, launch, program } from "../lib/programs.mjs"
import { client, imgtailor, startServer } from "../lib/servers.mjs"

/** Folder with \`npm install ipx\`. */
const IPX = process.env.IPX ?? join(import.meta.dirname, "../peers/node_modules/ipx")

const startIpx = async (folder, originals) => {
  if (!existsSync(IPX)) return undefined
  const script = join(folder, "ipx.mjs")
  writeFileSync(
    script,
    `import { createServer } from "node:http"
import { createIPX, createIPXNodeServer, ipxFSStorage } from ${JSON.stringify(join(IPX, "dist/index.mjs"))}
const server = createServer(createIPXNodeServer(createIPX({ storage: ipxFSStorage({ dir: ${JSON.stringify(originals)} }) })))
server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port))
`,
  )
  const server = await startServer(script, [])
  const pathOf = (name, { width, height, format, quality }) =>
    `/f_${format},q_${quality},w_${width},h_${height},fit_cover/${name}`
  return { ...server, pathOf }
}

const startImgproxy = async (originals) => {
  const path = program("imgproxy")
  if (!path) return undefined
  const port = await freePort()
  const env = {
    ...process.env,
    IMGPROXY_BIND: `127.0.0.1:${port}`,
    IMGPROXY_LOCAL_FILESYSTEM_ROOT: originals,
    IMGPROXY_WORKERS: "2",
  }
  const child = launch(path, [], { env, stdio: "ignore" })
  const { get, close } = client(port)
  while (!(await get("/health").catch(() => undefined))) await new Promise((resolve) => setTimeout(resolve, 20))
  const stop = async () => {
    close()
    child.kill("SIGTERM")
    await ended(child)
  }
  const pathOf = (name, { width, height, format, quality }) =>
    `/unsafe/rs:fill:${width}:${height}/q:${quality}/plain/local:///${name}@${format}`
  return { pid: child.pid, get, stop, pathOf }
}

const LARGE = [4000, 3000]
const WIDE = { source: LARGE, size: "1280w", width: 1280, height: 960 }

/** The qualities are ours; efforts are the defaults of each server. */
const SHAPES = [
  {
    what: "12-megapixel JPEG to 360x270 JPEG",
    source: LARGE,
    size: "360x270",
    width: 360,
    height: 270,
    format: "jpeg",
    quality: 80,
    goal: 1,
  },
  {
    what: "48 kB JPEG to 200w JPEG",
    source: [800, 600],
    size: "200w",
    width: 200,
    height: 150,
    format: "jpeg",
    quality: 80,
    goal: 1.7,
  },
  { what: "12-megapixel JPEG to 1280w WebP", ...WIDE, format: "webp", quality: 84 },
  // Some seconds each in ipx, whose effort is 4.
  { what: "12-megapixel JPEG to 1280w AVIF", ...WIDE, format: "avif", quality: 50, maxRounds: 3 },
]

const request = async (server, path) => {
  const { status } = await server.get(path)
  if (status !== 200) throw new Error(`${path}: ${status}`)
}

/** The base URL of a JPEG is one without \`Accept\`. */
const endingOf = ({ format }) => (format === "jpeg" ? "" : `.${format}`)

const variantsOf = (at, shape, ours, servers) => ({
  imgtailor: { pid: ours.pid, run: (round) => request(ours, `/${shape.size}/p${at}-${round}.jpg${endingOf(shape)}`) },
  ...Object.fromEntries(
    Object.entries(servers)
      .filter(([, server]) => server)
      .map(([name, server]) => [
        name,
        { pid: server.pid, run: (round) => request(server, server.pathOf(`p${at}-${round}.jpg`, shape)) },
      ]),
  ),
})

const rowsOf = ({ what, goal }, { imgtailor: ours, ...others }) =>
  Object.entries(others).map(([name, { cpu }]) => ({
    id: "peers",
    what: `${what}: CPU over ${name}'s`,
    value: ours.cpu / cpu,
    goal: name === "ipx" ? goal : undefined,
    isAtMost: true,
    detail: `${ours.cpu.toFixed(1)} and ${cpu.toFixed(1)} ms`,
  }))

export const peers = async ({ folder, rounds, skip }) => {
  const originals = join(folder, "peers")
  mkdirSync(originals, { recursive: true })
  for (const [at, { source }] of SHAPES.entries()) {
    const path = await photo(join(folder, "photos"), `peer-${source[0]}`, ...source)
    for (let round = -1; round < rounds; round++) copyFileSync(path, join(originals, `p${at}-${round}.jpg`))
  }
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const ours = await imgtailor(originals, join(folder, "peers-renditions"), "--sizes", "360x270,200w,1280w")
  const servers = { ipx: await startIpx(folder, originals), imgproxy: await startImgproxy(originals) }
  if (!servers.ipx) skip("ipx is not installed: npm install --prefix bench/peers ipx")
  if (!servers.imgproxy) skip("imgproxy is not installed: put the program on PATH, or name it in IMGPROXY")
  const results = []
  for (const [at, shape] of SHAPES.entries()) {
    const variants = variantsOf(at, shape, ours, servers)
    for (const variant of Object.values(variants)) await variant.run(-1)
    results.push(...rowsOf(shape, await interleave(variants, Math.min(rounds, shape.maxRounds ?? rounds))))
  }
  for (const server of [ours, servers.ipx, servers.imgproxy]) await server?.stop()
  return results
}

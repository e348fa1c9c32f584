/**
 * examples/nginx.conf in a real nginx, in front of a real `imgtailor serve --watch`: a response of nginx must equal that of imgtailor, and
 * nginx must stop serving a file when its original changes.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe as group, expect, it, type TestContext } from "vitest"

import { launch, launchServe, PACKAGE, type Running } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { type Get, getFrom, findNginx, type Reply, waitUntilUp, wholeConfig } from "./support/nginx.ts"
import { animated, BLUE, colourAt, colourDistance, flat, RED, withAlpha } from "./support/photos.ts"

/** The example with some lines replaced. Each of them must occur once. */
const adapt = (conf: string, replacements: Readonly<Record<string, string>>): string => {
  let adapted = conf
  for (const [line, instead] of Object.entries(replacements)) {
    expect(adapted.split(line), `examples/nginx.conf has this once: ${line}`).toHaveLength(2)
    adapted = adapted.replace(line, () => instead)
  }
  return adapted
}

interface Setup {
  readonly photos: string
  readonly renditions: string
  readonly serve: Running
  /** Sends a request to imgtailor itself. */
  readonly direct: Get
  readonly nginx: Get
}

/** Starts imgtailor with some photos, and nginx in front of it. */
const setUp = async (context: TestContext, originals: Readonly<Record<string, Buffer>>): Promise<Setup> => {
  const path = findNginx(context)
  const folder = await temporaryFolder()
  const photos = join(folder, "photos")
  await mkdir(join(photos, "shop"), { recursive: true })
  await Promise.all(Object.entries(originals).map(([key, bytes]) => writeFile(join(photos, key), bytes)))
  const serve = await launchServe(["photos", "--sizes", "20x15,30w", "--renditions", "renditions", "--watch"], {
    cwd: folder,
  })
  const { port } = new URL(serve.url)
  const socketPath = join(folder, "nginx.sock")
  const conf = await readFile(join(PACKAGE, "examples", "nginx.conf"), "utf8")
  const example = adapt(conf, {
    "server 127.0.0.1:3000;": `server 127.0.0.1:${port};`,
    "listen 80;": `listen unix:${socketPath};`,
    // As in many servers: a location for static files, which must not take precedence.
    "root /var/cache/imgtailor/files;": `root ${join(serve.renditions, "files")};
      location ~* \\.(?:jpe?g|png|webp|avif)$ { root /nowhere; }`,
  })
  await writeFile(join(folder, "nginx.conf"), wholeConfig(folder, example))
  const server = launch(path, ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder })
  const nginx = getFrom({ socketPath })
  await waitUntilUp(nginx, server)
  return { photos, renditions: serve.renditions, serve, direct: getFrom({ port }), nginx }
}

/** The server that answered. */
const serverOf = ({ headers }: Reply): string | undefined => headers["cache-status"]?.toString().split(";")[0]

/** The `Accept` header of a browser. */
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

group("examples/nginx.conf", () => {
  it("nginx serves stored renditions itself and forwards requests for missing ones", async (context) => {
    const { nginx, serve } = await setUp(context, { "shop/a photo.jpg": await flat() })

    const rendered = await nginx("/shop/20x15/a%20photo.jpg", { headers: { accept: CHROME } })
    expect([rendered.status, rendered.headers["content-type"], serverOf(rendered)]).toEqual([
      200,
      "image/avif",
      "imgtailor",
    ])

    expect(await serve.end()).toBe(0)
    const stored = await nginx("/shop/20x15/a%20photo.jpg", { headers: { accept: CHROME } })
    expect([stored.status, stored.headers["content-type"], serverOf(stored)]).toEqual([200, "image/avif", "nginx"])
    expect(stored.body).toEqual(rendered.body)
    const other = await nginx("/shop/30w/a%20photo.jpg", { headers: { accept: CHROME } })
    expect(other.status).toBe(502)
  })

  it(
    "nginx answers every kind of URL as imgtailor does, for every Accept header",
    { timeout: 60_000 },
    async (context) => {
      /** For each original the server that may answer the base URL, `.webp` and `.avif`. */
      const originals = {
        "shop/photo.jpg": { bytes: await flat(), stored: ["nginx", "nginx", "nginx"] },
        "shop/LOUD.JPEG": { bytes: await flat(), stored: ["nginx", "nginx", "nginx"] },
        "shop/été 50% off?#+&'.jfif": { bytes: await flat(), stored: ["nginx", "nginx", "nginx"] },
        "shop/cut-out.png": { bytes: await withAlpha(), stored: ["nginx", "nginx", "nginx"] },
        "shop/still.gif": { bytes: await flat({ format: "gif" }), stored: ["nginx", "nginx", "imgtailor"] },
        "shop/film.gif": { bytes: await animated(), stored: ["nginx", "nginx", "imgtailor"] },
        "shop/film.webp": { bytes: await animated({ format: "webp" }), stored: ["nginx", "nginx", "imgtailor"] },
        "shop/photo.webp": { bytes: await flat({ format: "webp" }), stored: ["nginx", "nginx", "imgtailor"] },
        "shop/photo.avif": { bytes: await flat({ format: "avif" }), stored: ["nginx", "nginx", "nginx"] },
        "shop/scan.tif": { bytes: await flat({ format: "tiff" }), stored: ["imgtailor", "nginx", "nginx"] },
        "shop/scan.TIFF": { bytes: await withAlpha({ format: "tiff" }), stored: ["imgtailor", "nginx", "nginx"] },
        "shop/no extension": { bytes: await flat({ format: "png" }), stored: ["imgtailor", "nginx", "nginx"] },
        "root.jpg": { bytes: await flat(), stored: ["nginx", "nginx", "nginx"] },
      } as const
      const accepts = [
        undefined,
        CHROME,
        "image/webp,*/*",
        "IMAGE/WEBP , image/png",
        "image/webp,image/avif",
        "*/*",
        "image/*",
        "image/avif;q=0, image/webp",
        "image/jpeg, image/png, image/webp;q=0.5",
        "image/avifx, ximage/webp, image/webpx",
        "",
      ]
      const compared = [
        "access-control-allow-origin",
        "access-control-expose-headers",
        "cache-control",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-resource-policy",
        "timing-allow-origin",
        "vary",
        "x-content-type-options",
      ]
      const { nginx, direct } = await setUp(
        context,
        Object.fromEntries(Object.entries(originals).map(([key, { bytes }]) => [key, bytes])),
      )
      const differences: string[] = []
      for (const [key, { stored }] of Object.entries(originals)) {
        const at = key.lastIndexOf("/") + 1
        const file = encodeURIComponent(key.slice(at))
        const base = `/${key.slice(0, at)}20x15/${file}`
        const paths = [base, `${base}.webp`, `${base}.avif`, `/${key.slice(0, at)}info/${file}.json`]
        for (const path of paths) expect((await direct(path)).status, `status of ${path}`).toBe(200)
        expect(await Promise.all(paths.map(async (path) => serverOf(await nginx(path)))), `server for ${key}`).toEqual([
          ...stored,
          "nginx",
        ])

        for (const path of paths) {
          for (const accept of accepts) {
            const options = { headers: accept === undefined ? {} : { accept } }
            const [reply, expected] = [await nginx(path, options), await direct(path, options)]
            const different = compared.filter((name) => reply.headers[name] !== expected.headers[name])
            if (!reply.body.equals(expected.body)) different.push("bytes")
            for (const name of different) differences.push(`${name} of ${path} with Accept: ${accept ?? "(none)"}`)
          }
        }
      }
      expect(differences).toEqual([])
    },
  )

  it("nginx negotiates by itself where Accept names formats without weights", async (context) => {
    const { nginx, direct } = await setUp(context, { "photo.jpg": await flat() })
    for (const ending of ["", ".webp", ".avif"]) await direct(`/20x15/photo.jpg${ending}`)
    const answers = []
    for (const accept of [
      CHROME,
      "image/webp,*/*;q=0.8",
      "*/*",
      "image/webp,image/avif",
      "image/webp;q=0.9,*/*;q=0.8",
    ]) {
      const { headers } = await nginx("/20x15/photo.jpg", { headers: { accept } })
      answers.push([headers["content-type"], headers["cache-status"]?.toString().split(";")[0]])
    }
    expect(answers).toEqual([
      ["image/avif", "nginx"],
      ["image/webp", "nginx"],
      ["image/jpeg", "nginx"],
      ["image/avif", "nginx"],
      ["image/webp", "imgtailor"],
    ])
  })

  it("nginx stops serving a replaced and a removed original once the watch has noticed", async (context) => {
    const { nginx, photos, renditions, serve } = await setUp(context, {
      "shop/photo.jpg": await flat({ colour: RED }),
      "shop/kept.jpg": await flat({ colour: RED }),
    })
    for (const name of ["photo", "kept"]) {
      for (const accept of [CHROME, "*/*"]) {
        const get = (): Promise<Reply> => nginx(`/shop/20x15/${name}.jpg`, { headers: { accept } })
        expect([serverOf(await get()), serverOf(await get())]).toEqual(["imgtailor", "nginx"])
      }
    }
    expect(await filesBelow(join(renditions, "files"))).toHaveLength(4)

    await writeFile(join(photos, "shop", "new"), await flat({ colour: BLUE }))
    await rename(join(photos, "shop", "new"), join(photos, "shop", "photo.jpg"))
    await serve.until(/shop\/photo\.jpg changed: 2 stale renditions deleted/)
    const replaced = await nginx("/shop/20x15/photo.jpg")
    expect(serverOf(replaced)).toBe("imgtailor")
    expect(colourDistance(await colourAt(replaced.body, 0.5, 0.5), BLUE)).toBeLessThan(20)

    await rm(join(photos, "shop", "photo.jpg"))
    await serve.until(/shop\/photo\.jpg changed: 1 stale renditions? deleted/)
    expect((await nginx("/shop/20x15/photo.jpg")).status).toBe(404)
    expect(serverOf(await nginx("/shop/20x15/kept.jpg"))).toBe("nginx")
  })

  it("nginx leaves errors and other methods to imgtailor, and answers conditions and ranges", async (context) => {
    const { nginx } = await setUp(context, { "photo.jpg": await flat() })
    const path = "/20x15/photo.jpg"
    const [rendered, stored] = [await nginx(path), await nginx(path)]
    expect([serverOf(rendered), serverOf(stored)]).toEqual(["imgtailor", "nginx"])

    const head = await nginx(path, { method: "HEAD" })
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      stored.headers["content-length"],
    ])
    const unchanged = await nginx(path, { headers: { "if-none-match": String(stored.headers.etag) } })
    expect([unchanged.status, unchanged.headers["cache-control"]]).toEqual([304, rendered.headers["cache-control"]])
    const range = await nginx(path, { headers: { range: "bytes=0-9" } })
    expect([range.status, range.body]).toEqual([206, stored.body.subarray(0, 10)])

    const posted = await nginx(path, { method: "POST" })
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"])
    const preflight = await nginx(path, { method: "OPTIONS" })
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([204, "GET, HEAD, OPTIONS"])

    const refused = await nginx("/21x15/photo.jpg")
    expect([refused.status, refused.headers["cache-control"]]).toEqual([400, "public, max-age=60"])
    expect(refused.body.toString()).toContain("The nearest is 20x15")
    for (const outside of ["/20x15/..%2f..%2frecords/20x15/photo.jpg.json", "/20x15/", "/20x15", "/", "/20x15/%2e%2e"])
      expect((await nginx(outside)).status, `status of ${outside}`).toBe(400)
  })
})

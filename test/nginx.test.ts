/**
 * examples/nginx.conf in a real nginx, in front of a real `imgtailor serve --watch`: whatever nginx answers by itself must be what
 * imgtailor would have answered, and must be let go of when its original changes.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe as group, expect, it, type TestContext } from "vitest"

import { launch, launchServe, PACKAGE, type Running } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { type Ask, askAt, findNginx, type Reply, untilUp, whole } from "./support/nginx.ts"
import { animated, BLUE, colourAt, colourDistance, flat, RED, withAlpha } from "./support/photos.ts"

/** The example with some of its lines replaced, each of which must be there once. */
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
  /** Asks imgtailor itself. */
  readonly direct: Ask
  readonly nginx: Ask
}

/** imgtailor with some photos, and nginx before it. */
const setUp = async (context: TestContext, originals: Readonly<Record<string, Buffer>>): Promise<Setup> => {
  const path = findNginx(context)
  const folder = await temporaryFolder()
  const photos = join(folder, "photos")
  await mkdir(join(photos, "shop"), { recursive: true })
  await Promise.all(Object.entries(originals).map(([key, bytes]) => writeFile(join(photos, key), bytes)))
  const serve = await launchServe(["photos", "--sizes", "20x15,30w", "--renditions", "made", "--watch"], {
    cwd: folder,
  })
  const { port } = new URL(serve.url)
  const socketPath = join(folder, "nginx.sock")
  const conf = await readFile(join(PACKAGE, "examples", "nginx.conf"), "utf8")
  const example = adapt(conf, {
    "server 127.0.0.1:3000;": `server 127.0.0.1:${port};`,
    "listen 80;": `listen unix:${socketPath};`,
    "root /var/cache/imgtailor/files;": `root ${join(serve.renditions, "files")};`,
  })
  await writeFile(join(folder, "nginx.conf"), whole(folder, example))
  const server = launch(path, ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder })
  const nginx = askAt({ socketPath })
  await untilUp(nginx, server)
  return { photos, renditions: serve.renditions, serve, direct: askAt({ port }), nginx }
}

/** Who answered. */
const answererOf = ({ headers }: Reply): string | undefined => headers["cache-status"]?.toString().split(";")[0]

/** As browsers send it. */
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

group("examples/nginx.conf", () => {
  it("serves what is stored itself, and asks for what is not made yet", async (context) => {
    const { nginx, serve } = await setUp(context, { "shop/a photo.jpg": await flat() })

    const made = await nginx("/shop/20x15/a%20photo.jpg", { headers: { accept: CHROME } })
    expect([made.status, made.headers["content-type"], answererOf(made)]).toEqual([200, "image/avif", "imgtailor"])

    expect(await serve.end()).toBe(0)
    const stored = await nginx("/shop/20x15/a%20photo.jpg", { headers: { accept: CHROME } })
    expect([stored.status, stored.headers["content-type"], answererOf(stored)]).toEqual([200, "image/avif", "nginx"])
    expect(stored.body).toEqual(made.body)
    const other = await nginx("/shop/30w/a%20photo.jpg", { headers: { accept: CHROME } })
    expect(other.status).toBe(502)
  })

  it("answers every kind of address as imgtailor does, whatever Accept says", { timeout: 60_000 }, async (context) => {
    /** Of each original: who may answer for the base address, for `.webp` and for `.avif`. */
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
      expect(await Promise.all(paths.map(async (path) => answererOf(await nginx(path)))), `who answers ${key}`).toEqual(
        [...stored, "nginx"],
      )

      for (const path of paths) {
        for (const accept of accepts) {
          const asked = { headers: accept === undefined ? {} : { accept } }
          const [reply, expected] = [await nginx(path, asked), await direct(path, asked)]
          const different = compared.filter((name) => reply.headers[name] !== expected.headers[name])
          if (!reply.body.equals(expected.body)) different.push("bytes")
          for (const what of different) differences.push(`${what} of ${path} with Accept: ${accept ?? "(none)"}`)
        }
      }
    }
    expect(differences).toEqual([])
  })

  it("negotiates without asking, where Accept names formats plainly", async (context) => {
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

  it("lets go of a replaced and of a removed original once the watch has seen it", async (context) => {
    const { nginx, photos, renditions, serve } = await setUp(context, {
      "shop/photo.jpg": await flat({ colour: RED }),
      "shop/kept.jpg": await flat({ colour: RED }),
    })
    for (const name of ["photo", "kept"]) {
      for (const accept of [CHROME, "*/*"]) {
        const ask = (): Promise<Reply> => nginx(`/shop/20x15/${name}.jpg`, { headers: { accept } })
        expect([answererOf(await ask()), answererOf(await ask())]).toEqual(["imgtailor", "nginx"])
      }
    }
    expect(await filesBelow(join(renditions, "files"))).toHaveLength(4)

    await writeFile(join(photos, "shop", "new"), await flat({ colour: BLUE }))
    await rename(join(photos, "shop", "new"), join(photos, "shop", "photo.jpg"))
    await serve.until(/shop\/photo\.jpg changed: 2 stale renditions deleted/)
    const replaced = await nginx("/shop/20x15/photo.jpg")
    expect(answererOf(replaced)).toBe("imgtailor")
    expect(colourDistance(await colourAt(replaced.body, 0.5, 0.5), BLUE)).toBeLessThan(20)

    await rm(join(photos, "shop", "photo.jpg"))
    await serve.until(/shop\/photo\.jpg changed: 1 stale renditions? deleted/)
    expect((await nginx("/shop/20x15/photo.jpg")).status).toBe(404)
    expect(answererOf(await nginx("/shop/20x15/kept.jpg"))).toBe("nginx")
  })

  it("leaves refusals and other methods to imgtailor, and answers conditions and ranges", async (context) => {
    const { nginx } = await setUp(context, { "photo.jpg": await flat() })
    const path = "/20x15/photo.jpg"
    const [made, stored] = [await nginx(path), await nginx(path)]
    expect([answererOf(made), answererOf(stored)]).toEqual(["imgtailor", "nginx"])

    const head = await nginx(path, { method: "HEAD" })
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      stored.headers["content-length"],
    ])
    const unchanged = await nginx(path, { headers: { "if-none-match": String(stored.headers.etag) } })
    expect([unchanged.status, unchanged.headers["cache-control"]]).toEqual([304, made.headers["cache-control"]])
    const range = await nginx(path, { headers: { range: "bytes=0-9" } })
    expect([range.status, range.body]).toEqual([206, stored.body.subarray(0, 10)])

    const posted = await nginx(path, { method: "POST" })
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"])
    const preflight = await nginx(path, { method: "OPTIONS" })
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([204, "GET, HEAD, OPTIONS"])

    const refused = await nginx("/21x15/photo.jpg")
    expect([refused.status, refused.headers["cache-control"]]).toEqual([400, "public, max-age=60"])
    expect(refused.body.toString()).toContain("The nearest is 20x15")
    for (const outside of ["/20x15/..%2f..%2ffacts/20x15/photo.jpg.json", "/20x15/", "/20x15", "/", "/20x15/%2e%2e"])
      expect((await nginx(outside)).status, `status of ${outside}`).toBe(400)
  })
})

/**
 * The output of `imgtailor nginx` in a real nginx, in front of a real `imgtailor serve --watch`: a response of nginx must equal that of
 * imgtailor, and nginx must stop serving a file when its original changes. examples/nginx.conf is such an output.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe as group, expect, it, type TestContext } from "vitest"

import { launch, launchServe, PACKAGE, runCommand, type Running } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { type Get, getFrom, findNginx, type Reply, waitUntilUp, wholeConfig } from "./support/nginx.ts"
import { animated, BLUE, colourAt, colourDistance, flat, RED, withAlpha } from "./support/photos.ts"

interface Setup {
  readonly photos: string
  readonly renditions: string
  readonly serve: Running
  /** Sends a request to imgtailor itself. */
  readonly direct: Get
  readonly nginx: Get
}

const NO_OPTIONS = ["--sizes", "20x15,30w"]

/** Starts imgtailor with some photos, and nginx with the configuration that imgtailor prints in front of it. */
const setUp = async (
  context: TestContext,
  originals: Readonly<Record<string, Buffer>>,
  options: readonly string[] = NO_OPTIONS,
): Promise<Setup> => {
  const path = findNginx(context)
  const folder = await temporaryFolder()
  const photos = join(folder, "photos")
  await mkdir(join(photos, "shop"), { recursive: true })
  await Promise.all(Object.entries(originals).map(([key, bytes]) => writeFile(join(photos, key), bytes)))
  const serve = await launchServe(["photos", ...options, "--renditions", "renditions", "--watch"], { cwd: folder })
  const { port } = new URL(serve.url)
  const socketPath = join(folder, "nginx.sock")
  const printed = await runCommand(
    ["nginx", ...options, "--renditions", serve.renditions, "--port", port, "--listen", `unix:${socketPath}`],
    { cwd: folder },
  )
  expect([printed.code, printed.stderr]).toEqual([0, ""])
  // As in many servers: a location for static files, which must not take precedence.
  const conf = printed.stdout.replace(
    "location @imgtailor",
    () => `location ~* \\.(?:jpe?g|png|webp|avif)$ { root /nowhere; }\n    location @imgtailor`,
  )
  expect(conf).not.toBe(printed.stdout)
  await writeFile(join(folder, "nginx.conf"), wholeConfig(folder, conf))
  const server = launch(path, ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], { cwd: folder })
  const nginx = getFrom({ socketPath })
  await waitUntilUp(nginx, server)
  return { photos, renditions: serve.renditions, serve, direct: getFrom({ port }), nginx }
}

/** The server that answered. */
const serverOf = ({ headers }: Reply): string | undefined => headers["cache-status"]?.toString().split(";")[0]

/** Repeats a request until nginx has the rendition, since the first response does not wait for the store. */
const untilStored = async (get: () => Promise<Reply>): Promise<Reply> => {
  await expect.poll(async () => serverOf(await get())).toBe("nginx")
  return get()
}

/** The `Accept` header of a browser. */
const CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

const COMPARED = [
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

/** Headers and bytes in which the responses of nginx and imgtailor differ, for some URLs and values of `Accept`. */
const differencesOf = async (
  { nginx, direct }: Setup,
  paths: readonly string[],
  accepts: readonly (string | undefined)[],
): Promise<readonly string[]> => {
  const differences: string[] = []
  for (const path of paths) {
    for (const accept of accepts) {
      const options = { headers: accept === undefined ? {} : { accept } }
      const [reply, expected] = [await nginx(path, options), await direct(path, options)]
      const different = COMPARED.filter((name) => reply.headers[name] !== expected.headers[name])
      if (reply.status !== expected.status) different.push("status")
      if (!reply.body.equals(expected.body)) different.push("bytes")
      for (const name of different) differences.push(`${name} of ${path} with Accept: ${accept ?? "(none)"}`)
    }
  }
  return differences
}

it("examples/nginx.conf is the output of imgtailor nginx for the list of the README", async () => {
  const sizes = ["--sizes", "360x270,480h,1280w", "--renditions", "/var/cache/imgtailor"]
  const { stdout } = await runCommand(["nginx", ...sizes], { cwd: await temporaryFolder() })
  expect(stdout).toBe(await readFile(join(PACKAGE, "examples", "nginx.conf"), "utf8"))
})

it("nginx gets the folder that serve uses, from a configuration file elsewhere and from the environment", async () => {
  const cwd = await temporaryFolder()
  await mkdir(join(cwd, "etc"))
  await writeFile(join(cwd, "etc", "shop.json"), JSON.stringify({ sizes: ["480h"], renditions: "made" }))
  const ofFile = await runCommand(["nginx", "--config", "etc/shop.json"], { cwd })
  expect(ofFile.stdout).toContain(`root ${join(cwd, "etc", "made")}/files;`)
  const env = { IMGTAILOR_SIZES: "480h", IMGTAILOR_RENDITIONS: "stored", IMGTAILOR_BASE_PATH: "/img" }
  const ofVariables = await runCommand(["nginx"], { cwd, env })
  expect(ofVariables.stdout).toContain(`root ${join(cwd, "stored")}/files;`)
  expect(ofVariables.stdout).toContain("location ^~ /img/ {")
})

group("the printed configuration of nginx", () => {
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
        "shop/cut-out.png": { bytes: await withAlpha(), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/still.gif": { bytes: await flat({ format: "gif" }), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/film.gif": { bytes: await animated(), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/film.webp": { bytes: await animated({ format: "webp" }), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/photo.webp": { bytes: await flat({ format: "webp" }), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/photo.avif": { bytes: await flat({ format: "avif" }), stored: ["nginx", "imgtailor", "imgtailor"] },
        "shop/scan.tif": { bytes: await flat({ format: "tiff" }), stored: ["imgtailor", "imgtailor", "imgtailor"] },
        "shop/scan.TIFF": {
          bytes: await withAlpha({ format: "tiff" }),
          stored: ["imgtailor", "imgtailor", "imgtailor"],
        },
        "shop/no extension": { bytes: await flat(), stored: ["imgtailor", "nginx", "nginx"] },
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
      const setup = await setUp(
        context,
        Object.fromEntries(Object.entries(originals).map(([key, { bytes }]) => [key, bytes])),
      )
      const { nginx, direct } = setup
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

        differences.push(...(await differencesOf(setup, paths, accepts)))
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
        expect(serverOf(await get())).toBe("imgtailor")
        await untilStored(get)
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
    const rendered = await nginx(path)
    expect(serverOf(rendered)).toBe("imgtailor")
    const stored = await untilStored(() => nginx(path))

    const head = await nginx(path, { method: "HEAD" })
    expect([head.status, head.body.length, head.headers["content-length"]]).toEqual([
      200,
      0,
      stored.headers["content-length"],
    ])
    expect(stored.headers.etag).toBe(rendered.headers.etag)
    const unchanged = await nginx(path, { headers: { "if-none-match": String(rendered.headers.etag) } })
    expect([unchanged.status, unchanged.headers["cache-control"]]).toEqual([304, rendered.headers["cache-control"]])
    for (const [headers, status] of [
      [{ "if-match": '"other"' }, 412],
      [{ "if-match": String(rendered.headers.etag) }, 200],
      [{ "if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }, 412],
    ] as const) {
      const reply = await nginx(path, { headers })
      expect([headers, reply.status, serverOf(reply)]).toEqual([headers, status, "imgtailor"])
    }
    const range = await nginx(path, { headers: { range: "bytes=0-9" } })
    expect([range.status, range.body]).toEqual([206, stored.body.subarray(0, 10)])

    const posted = await nginx(path, { method: "POST" })
    expect([posted.status, posted.headers.allow]).toEqual([405, "GET, HEAD, OPTIONS"])
    const preflight = await nginx(path, { method: "OPTIONS" })
    expect([preflight.status, preflight.headers["access-control-allow-methods"]]).toEqual([204, "GET, HEAD, OPTIONS"])

    const refused = await nginx("/21x15/photo.jpg")
    expect([refused.status, refused.headers["cache-control"]]).toEqual([400, "public, max-age=60"])
    expect(refused.body.toString()).toContain("The nearest is 20x15")
    for (const outside of ["/20x15/..%2f..%2frecords/20x15/photo.jpg.json", "/20x15/", "/20x15", "/20x15/%2e%2e"])
      expect((await nginx(outside)).status, `status of ${outside}`).toBe(400)
  })

  it(
    "nginx answers aliases, forced formats, formats and lifetimes of sizes below a base path as imgtailor does",
    { timeout: 60_000 },
    async (context) => {
      const sizes = JSON.stringify([
        { size: "20x15", name: "card", aliases: ["20x15", "old-card"], cacheControl: "public, max-age=900" },
        { size: "40x20", name: "social", format: "jpeg", aliases: ["og"] },
        { size: "24w", name: "only-avif", format: "avif" },
        { size: "30w", name: "plain", formats: ["webp", "jpeg"] },
        { size: "12x12", name: "base", formats: [] },
        "28w",
      ])
      const options = ["--sizes", sizes, "--base-path", "/img.v2", "--compat", "nextjs,thumbor,imgix"]
      const originals = {
        "shop/photo.jpg": await flat(),
        "shop/photo.jpeg": await flat({ colour: BLUE }),
        "shop/cut-out.png": await withAlpha(),
        "shop/film.gif": await animated(),
        "shop/scan.tif": await flat({ format: "tiff" }),
        "shop/photo.webp": await flat({ format: "webp" }),
        "root.jpg": await flat(),
      }
      const setup = await setUp(context, originals, options)
      const { nginx, direct } = setup
      const names = ["card", "20x15", "old-card", "social", "og", "only-avif", "plain", "base", "28w", "info"]
      const paths = Object.keys(originals).flatMap((key) =>
        names.flatMap((name) => {
          const at = key.lastIndexOf("/") + 1
          const base = `/img.v2/${key.slice(0, at)}${name}/${key.slice(at)}`
          return name === "info" ? [`${base}.json`] : ["", ".webp", ".avif", ".jpeg"].map((ending) => base + ending)
        }),
      )
      for (const path of paths) for (const accept of [CHROME, "*/*"]) await direct(path, { headers: { accept } })

      expect(await differencesOf(setup, paths, [undefined, CHROME, "image/jpeg,image/webp;q=0.5", "*/*"])).toEqual([])
      const served = [
        "/img.v2/shop/card/photo.jpg",
        "/img.v2/shop/old-card/photo.jpg.webp",
        "/img.v2/shop/og/cut-out.png",
        "/img.v2/shop/social/photo.jpg.jpeg",
        "/img.v2/root.jpg",
        "/img.v2/28w/root.jpg",
        "/img.v2/info/root.jpg.json",
      ]
      expect(await Promise.all(served.map(async (path) => serverOf(await nginx(path))))).toEqual([
        "nginx",
        "nginx",
        "nginx",
        "nginx",
        "imgtailor",
        "nginx",
        "nginx",
      ])

      for (const path of [
        "/_next/image?url=%2Fshop%2Fphoto.jpg&w=24&q=75",
        "/img.v2/_next/image?url=%2Fshop%2Fphoto.jpg&w=24&q=75",
        "/unsafe/24x0/shop/photo.jpg",
        "/img.v2/shop/photo.jpg?w=24",
      ]) {
        const { status, headers } = await nginx(path)
        expect([path, status, headers["content-location"]]).toEqual([path, 200, "/img.v2/shop/28w/photo.jpg"])
      }
      expect((await nginx("/elsewhere/28w/photo.jpg")).status).toBe(404)
    },
  )
})

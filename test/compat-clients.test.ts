/**
 * URLs that the real clients of other services generate, fetched from a real server: URL builders of Cloudinary, imgix, imgproxy, ImageKit,
 * thumbor and Nuxt Image (test/tools), unpic, and `next/image` where test/mounts has it.
 */
import { createHmac } from "node:crypto"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

import { transformUrl } from "unpic"
import { beforeAll, describe, expect, it, type TestContext } from "vitest"

import { PACKAGE } from "./support/command.ts"
import { describe as describeImage, flat } from "./support/photos.ts"
import { type ServerOptions, startServer } from "./support/server.ts"

const TOOLS = join(PACKAGE, "test/tools/node_modules")

/** The folder of a package in test/tools. Without it the test is skipped, or fails where tests must not be skipped. */
const findPackage = (context: TestContext, name: string, folder = TOOLS): string => {
  const path = join(folder, name)
  if (existsSync(path)) return path
  if (process.env["CI"]) throw new Error(`${name} was not found: npm ci --prefix test/tools`)
  return context.skip(`${name} was not found: npm ci --prefix test/tools`)
}

const requireFrom = (context: TestContext, name: string): never => {
  findPackage(context, name)
  return createRequire(join(TOOLS, "_.cjs"))(name) as never
}

const SIZES = ["320w", "640w", "360x270", { size: "600x600", name: "boxed", fit: "inside" }] as const

/** Fetches the path and query of each URL, and returns the URLs of the listed renditions that were sent. */
const fetchAll = async (urls: readonly string[], options: ServerOptions): Promise<readonly (string | undefined)[]> => {
  const server = await startServer({ sizes: SIZES, compatOrigins: { "shop.example.com": "", "/demo": "" }, ...options })
  for (const name of ["shop/bag.jpg", "shop/red bag.jpg"])
    await server.write(name, await flat({ width: 900, height: 700 }))
  const locations: (string | undefined)[] = []
  for (const url of urls) {
    const target = url.replace(/^https?:\/\/[^/]+/, "")
    const response = await server.get(target)
    expect([url, response.status, response.text]).toEqual([url, 200, response.text])
    expect((await describeImage(response.body)).width).toBeGreaterThan(100)
    locations.push(response.headers["content-location"]?.toString())
  }
  return locations
}

describe("URLs of a real client", () => {
  beforeAll(() => {
    // The URL builder of Cloudinary reads it at import.
    process.env["CLOUDINARY_URL"] ??= ""
  })

  it("URLs of @cloudinary/url-gen are answered", async (context) => {
    const { Cloudinary, Transformation } = requireFrom(context, "@cloudinary/url-gen") as {
      readonly Cloudinary: new (options: object) => { readonly image: (id: string) => CloudinaryImage }
      readonly Transformation: new () => { readonly addTransformation: (text: string) => unknown }
    }
    interface CloudinaryImage {
      readonly addTransformation: (text: string) => CloudinaryImage
      readonly toURL: () => string
    }
    expect(new Transformation()).toBeDefined()
    const cloudinary = new Cloudinary({ cloud: { cloudName: "demo" }, url: { analytics: false } })
    const urlOf = (...steps: readonly string[]): string => {
      let image = cloudinary.image("shop/bag.jpg")
      for (const step of steps) image = image.addTransformation(step)
      return image.toURL()
    }
    expect(
      await fetchAll([urlOf("c_fill,w_300,h_225", "f_auto", "q_auto"), urlOf("c_scale,w_600"), urlOf("f_webp,w_300")], {
        compat: ["cloudinary"],
      }),
    ).toEqual(["/shop/360x270/bag.jpg", "/shop/640w/bag.jpg", "/shop/320w/bag.jpg.webp"])
  })

  it("URLs and a srcset of @imgix/js-core are answered", async (context) => {
    const Client = requireFrom(context, "@imgix/js-core") as new (options: object) => {
      readonly buildURL: (path: string, parameters: object) => string
      readonly buildSrcSet: (path: string, parameters: object, options: object) => string
    }
    const client = new Client({ domain: "demo.imgix.net", secureURLToken: "secret" })
    const candidates = client.buildSrcSet("/shop/bag.jpg", {}, { widths: [300, 600] }).split(",\n")
    expect(
      await fetchAll(
        [
          client.buildURL("/shop/bag.jpg", { w: 300, h: 225, fit: "crop", auto: "format" }),
          client.buildURL("/shop/red bag.jpg", { w: 300, h: 225 }),
          ...candidates.map((candidate) => candidate.split(" ")[0] ?? ""),
        ],
        { compat: ["imgix"] },
      ),
    ).toEqual(["/shop/360x270/bag.jpg", "/shop/boxed/red%20bag.jpg", "/shop/320w/bag.jpg", "/shop/640w/bag.jpg"])
  })

  it("URLs of @imgproxy/imgproxy-js-core are answered, signed ones with the key", async (context) => {
    const { generateUrl } = requireFrom(context, "@imgproxy/imgproxy-js-core") as {
      readonly generateUrl: (url: { readonly value: string; readonly type: string }, options: object) => string
    }
    const value = "https://shop.example.com/shop/bag.jpg"
    const encoded = Buffer.from(value).toString("base64url")
    const options = {
      resize: { resizing_type: "fill", width: 300, height: 225 },
      gravity: { type: "sm" },
      format: "webp",
    }
    const paths = [
      generateUrl({ value, type: "plain" }, options),
      generateUrl({ value: encoded, type: "base64" }, { width: 300 }),
    ]
    const expected = ["/shop/360x270/bag.jpg.webp", "/shop/320w/bag.jpg"]
    expect(
      await fetchAll(
        paths.map((path) => `/insecure${path}`),
        { compat: ["imgproxy"] },
      ),
    ).toEqual(expected)
    const [key, salt] = ["736563726574", "68656c6c6f"]
    const signed = paths.map((path) => {
      const hmac = createHmac("sha256", Buffer.from(key, "hex")).update(Buffer.from(salt, "hex")).update(path)
      return `/${hmac.digest("base64url")}${path}`
    })
    expect(await fetchAll(signed, { compat: ["imgproxy"], compatKeys: { imgproxy: `${key}:${salt}` } })).toEqual(
      expected,
    )
  })

  it("URLs of @imagekit/javascript are answered, with the transformation in the path and in the query", async (context) => {
    const { buildSrc } = requireFrom(context, "@imagekit/javascript") as {
      readonly buildSrc: (options: object) => string
    }
    const common = { urlEndpoint: "https://ik.imagekit.io/demo", src: "/shop/bag.jpg" }
    expect(
      await fetchAll(
        [
          buildSrc({ ...common, transformation: [{ width: 300, height: 225, crop: "maintain_ratio" }] }),
          buildSrc({ ...common, transformation: [{ width: 600 }], transformationPosition: "path" }),
          buildSrc({ ...common, transformation: [{ width: 300, format: "webp", quality: 80 }] }),
        ],
        { compat: ["imagekit"] },
      ),
    ).toEqual(["/shop/360x270/bag.jpg", "/shop/640w/bag.jpg", "/shop/320w/bag.jpg.webp"])
  })

  it("URLs of thumbor-ts are answered, signed ones with the key only", async (context) => {
    interface Builder {
      readonly setPath: (path: string) => Builder
      readonly resize: (width: number, height: number) => Builder
      readonly smartCrop: () => Builder
      readonly format: (format: string) => Builder
      readonly buildUrl: () => string
    }
    const { default: thumbor } = requireFrom(context, "thumbor-ts") as {
      readonly default: (options: object) => Builder
    }
    const builder = thumbor({ serverUrl: "https://thumbor.example.com" }).setPath("shop/bag.jpg")
    const unsafe = builder.resize(300, 225).smartCrop().format("webp").buildUrl()
    const expected = ["/shop/360x270/bag.jpg.webp"]
    expect(await fetchAll([unsafe], { compat: ["thumbor"] })).toEqual(expected)

    // thumbor-ts leaves out a slash in the text that it signs, so thumbor itself rejects its signatures.
    const sign = (key: string): string => {
      const path = unsafe.slice("https://thumbor.example.com/unsafe/".length)
      const signature = createHmac("sha1", key).update(path).digest("base64").replaceAll("+", "-").replaceAll("/", "_")
      return `/${signature}/${path}`
    }
    const options: ServerOptions = { compat: ["thumbor"], compatKeys: { thumbor: "MY_KEY" } }
    expect(await fetchAll([sign("MY_KEY")], options)).toEqual(expected)
    const server = await startServer({ sizes: SIZES, ...options })
    for (const url of [unsafe.replace("https://thumbor.example.com", ""), sign("ANOTHER_KEY")]) {
      const { status, text } = await server.get(url)
      expect([status, text.includes("does not match the key in compatKeys")]).toEqual([400, true])
    }
  })

  it("URLs of Nuxt Image's provider ipx are answered", async (context) => {
    const file = join(findPackage(context, "@nuxt/image"), "dist/runtime/providers/ipx.js")
    const { default: provider } = (await import(pathToFileURL(file).href)) as {
      readonly default: () => {
        readonly getImage: (src: string, options: object, context: object) => { readonly url: string }
      }
    }
    const urlOf = (src: string, modifiers: object): string =>
      provider().getImage(src, { modifiers, baseURL: "/_ipx" }, { options: { nuxt: { baseURL: "/" } } }).url
    expect(
      await fetchAll(
        [
          urlOf("/shop/bag.jpg", { width: 300, height: 225, format: "webp", quality: 80 }),
          urlOf("/shop/red bag.jpg", { width: 600 }),
          urlOf("/shop/bag.jpg", {}),
        ],
        { compat: ["ipx"] },
      ),
    ).toEqual(["/shop/360x270/bag.jpg.webp", "/shop/640w/red%20bag.jpg", "/shop/640w/bag.jpg"])
  })

  it("URLs of unpic are answered for each service that it generates", async () => {
    const providers = [
      ["nextjs", "/shop/bag.jpg", "/shop/320w/bag.jpg"],
      ["vercel", "/shop/bag.jpg", "/shop/320w/bag.jpg"],
      ["netlify", "/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["ipx", "/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["cloudflare", "https://shop.example.com/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["cloudinary", "https://res.cloudinary.com/demo/image/upload/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["imgix", "https://demo.imgix.net/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["imagekit", "https://ik.imagekit.io/demo/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["bunny", "https://demo.b-cdn.net/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["wordpress", "https://demo.files.wordpress.com/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["astro", "/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["supabase", "https://demo.supabase.co/storage/v1/object/public/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["storyblok", "https://a.storyblok.com/f/1/900x700/e4ec08624e/bag.jpg", "/shop/360x270/bag.jpg"],
      ["contentful", "https://images.ctfassets.net/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["keycdn", "https://demo.kxcdn.com/shop/bag.jpg", "/shop/360x270/bag.jpg"],
      ["imageengine", "https://demo.cdn.imgeng.in/shop/bag.jpg", "/shop/360x270/bag.jpg"],
    ] as const
    const compatOrigins = { "shop.example.com": "", "/demo": "", "/f/1/900x700/e4ec08624e": "shop" }
    for (const [provider, src, expected] of providers) {
      const url = transformUrl({ url: src, width: 300, height: 225, provider }) ?? ""
      expect([provider, await fetchAll([url], { compat: [provider], compatOrigins })]).toEqual([provider, [expected]])
    }
  })

  // Installed by `npm run test:mounts:built` alone: Next and its compiler take 700 MB.
  const next = join(PACKAGE, "test/mounts/built/node_modules/next")
  it.skipIf(!existsSync(next))("URLs of next/image are answered", async () => {
    const load = createRequire(join(next, "package.json"))
    const { default: loader } = load("./dist/shared/lib/image-loader.js") as {
      readonly default: (options: object) => string
    }
    const { imageConfigDefault } = load("./dist/shared/lib/image-config.js") as { readonly imageConfigDefault: object }
    const urlOf = (src: string, width: number): string =>
      loader({ config: imageConfigDefault, src, width, quality: 75 })
    expect(
      await fetchAll(
        [
          urlOf("/shop/bag.jpg", 256),
          urlOf("/shop/red bag.jpg", 640),
          urlOf("https://shop.example.com/shop/bag.jpg", 384),
        ],
        { compat: ["nextjs"] },
      ),
    ).toEqual(["/shop/320w/bag.jpg", "/shop/640w/red%20bag.jpg", "/shop/640w/bag.jpg"])
  })
})

/** Tests of the components for React, Vue and Svelte, rendered on a server, and of the loader for Angular. */
import { createElement, type ReactElement } from "react"
import { renderToStaticMarkup } from "react-dom/server"
import { render as renderSvelte } from "svelte/server"
import { describe, expect, it } from "vitest"
import { createSSRApp, h } from "vue"
import { renderToString } from "vue/server-renderer"

import { createClient } from "../client/client.ts"
import { createLoader, imageConfig, photo } from "./angular.ts"
import SveltePhoto from "./photo.svelte"
import { createPhoto as createReactPhoto, type PhotoProps } from "./react.ts"
import { createPhoto as createVuePhoto } from "./vue.ts"

const SIZES = ["320w", "640w", "240h", "360x270", "720x540", "200x200"] as const
const photos = createClient({ baseUrl: "/img", sizes: SIZES, formats: ["webp"] })
type Props = PhotoProps<(typeof SIZES)[number], "webp">

const INFO = { width: 4000, height: 3000, format: "jpeg", placeholder: "data:image/webp;base64,UklG" } as const

const RENDERERS: Readonly<Record<string, (props: Props) => Promise<string>>> = {
  React: async (props) =>
    renderToStaticMarkup(createElement(createReactPhoto(photos) as (p: Props) => ReactElement, props)),
  Vue: async (props) => renderToString(createSSRApp({ render: () => h(createVuePhoto(photos), { ...props }) })),
  Svelte: async (props) => {
    const { className, style, ...others } = props as Props & { readonly style?: Readonly<Record<string, string>> }
    const text = Object.entries(style ?? {}).map(([name, value]) => `${name}:${value}`)
    return renderSvelte(SveltePhoto, {
      props: { photos, ...others, ...(className && { class: className }), ...(style && { style: text.join(";") }) },
    }).body
  },
}

/** The attributes of the elements of a name, by lower-case name. */
const elementsIn = (html: string, name: string): readonly Readonly<Record<string, string>>[] =>
  [...html.matchAll(new RegExp(`<${name}\\b([^>]*)>`, "g"))].map(([, text = ""]) =>
    Object.fromEntries(
      [...text.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, key = "", value = ""]) => [key.toLowerCase(), value]),
    ),
  )

describe.each(Object.entries(RENDERERS))("the component for %s", (_, render) => {
  it("a photo is a picture with a source for each format, and the client's attributes", async () => {
    const html = await render({ original: "shop/a.jpg", shape: "360x270", width: 360, info: INFO, alt: 'A "bag"' })
    const { sources, img } = photos.picture("shop/a.jpg", { shape: "360x270", width: 360, info: INFO })
    expect(elementsIn(html, "source")).toEqual([
      { type: "image/webp", srcset: sources[0]?.srcset, sizes: sources[0]?.sizes },
    ])
    expect(elementsIn(html, "img")).toEqual([
      {
        alt: "A &quot;bag&quot;",
        src: img.src,
        srcset: img.srcset,
        sizes: img.sizes,
        width: "360",
        height: "270",
        loading: "lazy",
        decoding: "async",
        style: expect.stringContaining("url(data:image/webp;base64,UklG) center/cover no-repeat"),
      },
    ])
  })

  it("other attributes are those of the image, and styles are merged", async () => {
    const more = { "data-id": "7", className: "card", style: { color: "red" } }
    const html = await render({ original: "a.jpg", shape: "360x270", info: INFO, alt: "", ...more })
    const [img] = elementsIn(html, "img")
    expect(img).toMatchObject({ "data-id": "7" })
    expect(img?.["style"]).toMatch(/url\(data:.*color: ?red/)
    expect(elementsIn(html, "picture")).toEqual([{}])
  })

  it.each([INFO, undefined])(
    "src is the last attribute, because browsers set them in order, with the info %j",
    async (info) => {
      const more = { "data-id": "7", className: "card", style: { color: "red" } }
      const html = await render({ original: "a.jpg", shape: "320w", info, alt: "", ...more })
      const names = Object.keys(elementsIn(html, "img")[0] ?? {}).filter((name) => !name.startsWith("on"))
      expect(names.slice(-3)).toEqual(["sizes", "srcset", "src"])
      expect(names).toContain("loading")
    },
  )

  it("an image with priority is eager; one with a format or as a single element has no sources", async () => {
    const priority = await render({ original: "a.jpg", shape: "320w", info: INFO, priority: true, alt: "" })
    expect(elementsIn(priority, "img")[0]).toMatchObject({ loading: "eager", fetchpriority: "high" })
    const webp = await render({ original: "a.jpg", shape: "320w", info: INFO, format: "webp", alt: "" })
    expect(webp).not.toContain("<picture")
    expect(elementsIn(webp, "img")[0]?.["src"]).toBe("/img/320w/a.jpg.webp")
    const single = await render({ original: "a.jpg", shape: "320w", info: INFO, element: "img", alt: "" })
    expect(single).not.toContain("<picture")
    expect(elementsIn(single, "img")[0]?.["src"]).toBe("/img/320w/a.jpg")
  })

  it("other parts of a photo are sources with media queries and dimensions", async () => {
    const sources = [{ media: "(max-width: 600px)", shape: "200x200" }] as const
    const html = await render({ original: "a.jpg", shape: "360x270", sources, alt: "" })
    expect(elementsIn(html, "source")).toMatchObject([
      { media: "(max-width: 600px)", type: "image/webp", width: "200", height: "200" },
      { media: "(max-width: 600px)", srcset: "/img/200x200/a.jpg 200w", width: "200", height: "200" },
      { type: "image/webp" },
    ])
  })

  it.each([
    ["320w", { srcset: "/img/320w/a.jpg 320w, /img/640w/a.jpg 640w", sizes: "100vw" }],
    ["240h", { srcset: "/img/240h/a.jpg 1x" }],
  ] as const)("a photo in %s whose dimensions are not known has plain attributes", async (shape, attributes) => {
    const html = await render({ original: "a.jpg", shape, alt: "" })
    expect(elementsIn(html, "img")).toEqual([
      { alt: "", src: `/img/${shape}/a.jpg`, loading: "lazy", decoding: "async", ...attributes },
    ])
  })

  it("an unlisted size and an invalid key are thrown", async () => {
    await expect(render({ original: "a.jpg", shape: "300w" as "320w", alt: "" })).rejects.toThrow(
      "The nearest is 320w.",
    )
    await expect(render({ original: "../a.jpg", shape: "320w", alt: "" })).rejects.toThrow("Expected a key")
    const sources = [{ media: "(max-width: 600px)", shape: "200x20" as "200x200" }]
    await expect(render({ original: "a.jpg", shape: "360x270", sources, alt: "" })).rejects.toThrow("not listed")
  })
})

describe("the loader for Angular", () => {
  const loader = createLoader({ baseUrl: "/img", sizes: SIZES, formats: ["webp"] })

  it.each([
    [{ src: "shop/a b.jpg", width: 640 }, "/img/shop/640w/a%20b.jpg"],
    [{ src: "a.jpg", width: 321 }, "/img/640w/a.jpg"],
    [{ src: "a.jpg", width: 3840 }, "/img/640w/a.jpg"],
    [{ src: "a.jpg" }, "/img/640w/a.jpg"],
    [{ src: "a.jpg", width: 30, isPlaceholder: true }, "/img/320w/a.jpg"],
    [{ src: "a.jpg", width: 360, loaderParams: { shape: "360x270", format: "webp" } }, "/img/360x270/a.jpg.webp"],
    [{ src: "a.jpg", loaderParams: { shape: "360x270" } }, "/img/360x270/a.jpg"],
    [
      { src: "a.jpg", width: 300, loaderParams: { shape: "240h", info: { width: 400, height: 300 } } },
      "/img/240h/a.jpg",
    ],
    [{ src: "/img/320w/a.jpg", width: 640 }, "/img/320w/a.jpg"],
  ])("the loader gives %j the URL %s", (config, url) => {
    expect(loader(config)).toBe(url)
  })

  it("the loader returns the original's own format where the size does not have the requested one", () => {
    const sizes = ["320w", { size: "360x270", name: "card", formats: ["webp"] }] as const
    const listed = createLoader({ baseUrl: "/img", sizes })
    const urls = ["avif", "webp"].map((format) => listed({ src: "a.jpg", loaderParams: { shape: "card", format } }))
    expect(urls).toEqual(["/img/card/a.jpg", "/img/card/a.jpg.webp"])
  })

  it("the loader throws for an unlisted shape and an invalid key", () => {
    expect(() => loader({ src: "a.jpg", loaderParams: { shape: "1x1" } })).toThrow('"1x1" is not listed')
    expect(() => loader({ src: "../a.jpg", width: 320 })).toThrow("Expected a key")
  })

  it.each([
    ["shop/a b.jpg", { shape: "320w", width: 320, info: INFO }],
    ["small.jpg", { shape: "640w", info: { width: 400, height: 300 } }],
    ["small.jpg", { shape: "360x270", width: 720, info: { width: 400, height: 300 }, format: "webp" }],
    ["a.jpg", { shape: "240h", info: INFO, priority: true }],
    ["a.jpg", { shape: "360x270" }],
  ] as const)("the inputs for %s make Angular print the srcset of the client", (original, options) => {
    const { ngSrc, ngSrcset, sizes, width, height, priority, loaderParams } = photo(photos, original, options)
    const printed = ngSrcset
      .split(", ")
      .map((text) => `${loader({ src: ngSrc, width: Number.parseInt(text, 10), loaderParams })} ${text}`)
    const img = photos.img(original, options)
    expect(printed.join(", ")).toBe(img.srcset)
    expect(loader({ src: ngSrc, loaderParams })).toBe(img.src)
    expect([width, height, priority ? sizes : `auto, ${sizes}`]).toEqual([img.width, img.height, img.sizes])
    expect(img.loading).toBe(priority ? "eager" : "lazy")
  })

  it("the inputs of an uncropped photo need its dimensions", () => {
    expect(() => photo(photos, "a.jpg", { shape: "320w" })).toThrow("Expected info")
  })

  it("the breakpoints are the listed widths of a shape", () => {
    expect(imageConfig(SIZES)).toEqual({ breakpoints: [320, 640] })
    expect(imageConfig(SIZES, "360x270")).toEqual({ breakpoints: [360, 720] })
  })
})

/** Draws images in Chromium, over a background, on an sRGB canvas. */
import { createRequire } from "node:module"

import { needTools } from "../support/tools.ts"

/** RGB over a background, 8 bits, row-major. */
export interface Drawn {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

interface Page {
  readonly evaluate: <Input, Output>(work: (input: Input) => Output | Promise<Output>, input: Input) => Promise<Output>
}

interface Browser {
  readonly newPage: () => Promise<Page>
  readonly close: () => Promise<void>
}

export interface Artist {
  /** @throws {Error} Chromium cannot decode the image */
  readonly draw: (bytes: Uint8Array, type: string, background: string) => Promise<Drawn>
  readonly close: () => Promise<void>
}

interface Task {
  readonly url: string
  readonly background: string
}

/** What of the DOM the page uses, which this project's types do not have. */
interface Page2d {
  fillStyle: string
  readonly fillRect: (x: number, y: number, width: number, height: number) => void
  readonly drawImage: (image: object, x: number, y: number) => void
  readonly getImageData: (x: number, y: number, width: number, height: number) => { readonly data: Uint8Array }
}
interface PageImage {
  src: string
  readonly naturalWidth: number
  readonly naturalHeight: number
  readonly decode: () => Promise<void>
}
interface PageCanvas {
  width: number
  height: number
  readonly getContext: (kind: "2d", options: { readonly colorSpace: "srgb" }) => Page2d
}
interface PageGlobals {
  readonly document: { readonly createElement: ((name: "canvas") => PageCanvas) & ((name: "img") => PageImage) }
}

/** Runs in the page. @returns RGBA as base64 */
const drawInPage = async ({ url, background }: Task): Promise<{ width: number; height: number; base64: string }> => {
  const { document } = globalThis as unknown as PageGlobals
  const image = document.createElement("img")
  image.src = url
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = image.naturalWidth
  canvas.height = image.naturalHeight
  const context = canvas.getContext("2d", { colorSpace: "srgb" })
  context.fillStyle = background
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  let text = ""
  for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192))
  return { width: canvas.width, height: canvas.height, base64: btoa(text) }
}

const withoutAlpha = (rgba: Uint8Array): Uint8Array => {
  const rgb = new Uint8Array((rgba.length / 4) * 3)
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) rgb.set(rgba.subarray(from, from + 3), to)
  return rgb
}

const FLAGS = [
  "--no-sandbox",
  "--force-color-profile=srgb",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

/** Starts Chromium. */
export const openArtist = async (): Promise<Artist> => {
  const { chromium: executablePath } = needTools("chromium", "playwright-core")
  const require = createRequire(new URL("../tools/package.json", import.meta.url))
  const { chromium } = require("playwright-core") as { chromium: { launch: (options: object) => Promise<Browser> } }
  const browser = await chromium.launch({ executablePath, args: FLAGS })
  const page = await browser.newPage()
  return {
    draw: async (bytes, type, background) => {
      const url = `data:${type};base64,${Buffer.from(bytes).toString("base64")}`
      const { width, height, base64 } = await page.evaluate(drawInPage, { url, background })
      return { width, height, data: withoutAlpha(Buffer.from(base64, "base64")) }
    },
    close: () => browser.close(),
  }
}

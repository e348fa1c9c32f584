/** Tests of the files that a configuration names: overlays and the placeholder for missing originals. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { temporaryFolder } from "../../test/support/folders.ts"
import { parseSizeList, type SizeList } from "../sizes/list.ts"
import { isFilePath, loadAssets } from "./assets.ts"
import { problemInSvg } from "./svg.ts"

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'

const listWith = (image: string): SizeList => {
  const parsed = parseSizeList([{ size: "100x100", name: "marked", overlay: { image } }])
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
  return parsed.list
}

describe("loadAssets", () => {
  it("loadAssets reads overlays and adds their digests to the list", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "logo.svg"), SQUARE)
    const { sizes, overlays, problems } = loadAssets(listWith("./logo.svg"), undefined, folder)
    const digest = sizes[0].overlay?.[0]?.digest ?? ""
    expect(problems).toEqual([])
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(overlays.get(digest)).toEqual(bytesOf(SQUARE))
  })

  it("loadAssets reports an overlay that is absent, and an SVG that loads something", async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, "bad.svg"), SQUARE.replace("<rect", '<image href="http://a.example/x.png"/><rect'))
    expect(loadAssets(listWith("none.png"), undefined, folder).problems[0]).toMatch(/overlay of marked: .*none\.png/)
    expect(loadAssets(listWith("bad.svg"), undefined, folder).problems[0]).toMatch(/reference to http:\/\/a\.example/)
  })

  it("loadAssets takes the placeholder for a key, or reads it from a file", async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, "pictures"))
    await writeFile(join(folder, "pictures", "none.jpg"), "photo")
    const list = listWith("x")
    expect(loadAssets(list, "shop/none.jpg", folder).missing).toEqual({ key: "shop/none.jpg" })
    expect(loadAssets(list, "./pictures/none.jpg", folder).missing).toEqual({
      key: ".imgtailor/none.jpg",
      bytes: new Uint8Array(bytesOf("photo")),
    })
    expect(loadAssets(list, "./absent.jpg", folder).problems.at(-1)).toMatch(/^missing: Expected a file .*absent\.jpg/)
    expect(loadAssets(list, "a//b.jpg", folder).problems.at(-1)).toMatch(/^missing: Expected the key of an original/)
  })

  it("loadAssets reads nothing without a folder", () => {
    expect(loadAssets(listWith("./none.png"), "./none.jpg", undefined).problems).toEqual([])
  })
})

describe("isFilePath", () => {
  it.each(["./a.jpg", "../a.jpg", "/a.jpg", "C:\\a.jpg"])("isFilePath is true for %s", (text) => {
    expect(isFilePath(text)).toBe(true)
  })

  it.each(["a.jpg", "shop/a.jpg", ".hidden.jpg"])("isFilePath is false for %s", (text) => {
    expect(isFilePath(text)).toBe(false)
  })
})

describe("problemInSvg", () => {
  const svg = (inside: string): Uint8Array =>
    bytesOf(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">${inside}</svg>`)

  it.each([
    "<rect/>",
    '<use href="#a"/>',
    '<image xlink:href="data:image/png;base64,AAAA"/>',
    '<rect fill="url(#gradient)"/>',
    "<style>rect { fill: red }</style>",
    "<text>onload=</text>",
  ])("problemInSvg accepts %s", (inside) => {
    expect(problemInSvg(svg(inside))).toBeUndefined()
  })

  it.each([
    "<script>alert(1)</script>",
    '<rect onload="alert(1)"/>',
    '<image href="http://a.example/x.png"/>',
    '<image xlink:href="file:///etc/passwd"/>',
    '<use href="other.svg#a"/>',
    '<rect fill="url(http://a.example/x)"/>',
    '<rect style="fill: url(&quot;//a.example/x&quot;)"/>',
    "<style>@import 'x.css'</style>",
    "<foreignObject><p/></foreignObject>",
    '<image href="data:text/html,x"/>',
    "<rect",
  ])("problemInSvg refuses %s", (inside) => {
    expect(problemInSvg(svg(inside))).toBeTypeOf("string")
  })

  it("problemInSvg refuses entities and other XML", () => {
    expect(problemInSvg(bytesOf('<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>'))).toMatch(/entities/)
    expect(problemInSvg(bytesOf('<?xml-stylesheet href="a.css"?><svg/>'))).toMatch(/style sheet/)
    expect(problemInSvg(bytesOf("<html/>"))).toBe("no SVG element")
  })
})

/** Tests of the published list: imgtailor.json of a running server, and the types that the command writes, with a real compiler. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

import { describe as group, expect, it, onTestFinished } from "vitest"

import { launch, launchServe, PACKAGE, runCommand } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"
import { flat } from "./support/photos.ts"
import { startServer } from "./support/server.ts"

const THUMB = { size: "120x120", name: "thumb", gravity: "north", quality: { webp: 70 } } as const
const SIZES = ["360x270", "480h", THUMB] as const

group("imgtailor.json", () => {
  it("imgtailor.json contains sizes, formats and base path, cacheable for five minutes and readable from all origins", async () => {
    const shop = await startServer({ sizes: SIZES, formats: ["webp"], retired: { sizes: ["100w"] } })
    const answer = await shop.get("/imgtailor.json?v=1")
    expect(answer.status).toBe(200)
    const list = JSON.parse(answer.text) as { readonly version: string }
    expect(list).toEqual({ version: expect.any(String), sizes: SIZES, formats: ["webp"], basePath: "" })
    expect(answer.headers).toMatchObject({
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
      etag: `"${list.version}"`,
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
    })
    expect(await shop.stored()).toEqual([])
  })

  it("imgtailor.json is below the base path, like all URLs, and nowhere else", async () => {
    const shop = await startServer({ basePath: "/img/v1" })
    const answer = await shop.get("/img/v1/imgtailor.json")
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([200, { basePath: "/img/v1" }])
    for (const target of [
      "/imgtailor.json",
      "/img/imgtailor.json",
      "/img/v1/imgtailor.json/",
      "/img/v1//imgtailor.json",
    ])
      expect((await shop.get(target)).status, `for ${target}`).toBe(400)
    expect((await shop.get("/img/v1/480h/imgtailor.json")).status).toBe(404)
  })

  it("imgtailor.json supports HEAD, conditional requests and OPTIONS", async () => {
    const shop = await startServer({ sizes: SIZES })
    const whole = await shop.get("/imgtailor.json")
    const head = await shop.send("/imgtailor.json", { method: "HEAD" })
    const { date: _, ...headers } = head.headers
    expect([head.status, head.body.length]).toEqual([200, 0])
    expect(whole.headers).toMatchObject(headers)

    const etag = whole.headers["etag"] ?? ""
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const answer = await shop.get("/imgtailor.json", { "if-none-match": tag })
      expect([answer.status, answer.body.length, answer.headers["etag"]], `for ${tag}`).toEqual([304, 0, etag])
    }
    expect((await shop.get("/imgtailor.json", { "if-none-match": '"other"' })).status).toBe(200)
    expect((await shop.get("/imgtailor.json", { "if-match": '"other"' })).status).toBe(412)
    expect((await shop.get("/imgtailor.json", { "if-match": etag })).status).toBe(200)
    const future = new Date(Date.now() + 1e9).toUTCString()
    const past = new Date(0).toUTCString()
    expect((await shop.get("/imgtailor.json", { "if-modified-since": future })).status).toBe(200)
    expect((await shop.get("/imgtailor.json", { "if-unmodified-since": past })).status).toBe(200)
    expect((await shop.send("/imgtailor.json", { method: "POST" })).status).toBe(405)
    expect((await shop.send("/imgtailor.json", { method: "OPTIONS" })).status).toBe(204)
  })

  it("imgtailor.json has the same version on all servers with one list, and another for another list", async () => {
    const tagOf = async (options: Parameters<typeof startServer>[0]): Promise<string | undefined> =>
      (await (await startServer(options)).get("/imgtailor.json")).headers["etag"]
    const tag = await tagOf({ sizes: SIZES })
    expect(await tagOf({ sizes: SIZES, cacheControl: "no-store", quality: 10 })).toBe(tag)
    expect(await tagOf({ sizes: [...SIZES, "1w"] })).not.toBe(tag)
  })

  it("imgtailor.json is available through fetch, and does not count as a request for a rendition", async () => {
    const { tailor } = await startServer({ sizes: SIZES, basePath: "/img" })
    const response = await tailor.fetch(new Request("https://shop.example/img/imgtailor.json"))
    expect(await response.json()).toMatchObject({ sizes: SIZES, basePath: "/img" })
    const health = await tailor.fetch(new Request("https://shop.example/healthz"))
    expect(await health.json()).toMatchObject({ requests: { hit: 0, miss: 0, refused: 0 } })
  })
})

/** Compiles the types and a file that uses them. Returns the output, which is empty without errors. */
const compile = async (folder: string, text: string): Promise<string> => {
  await mkdir(join(folder, "node_modules"), { recursive: true })
  await symlink(PACKAGE, join(folder, "node_modules", "imgtailor"), "dir").catch(() => {})
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`)
  await writeFile(join(folder, "page.ts"), text)
  const options = "--strict --noEmit --exactOptionalPropertyTypes --noUncheckedIndexedAccess --verbatimModuleSyntax"
  const platform = "--target es2023 --lib es2023,dom --module nodenext --types"
  const tsc = join(PACKAGE, "node_modules", "typescript", "bin", "tsc")
  const args = [tsc, ...options.split(" "), ...platform.split(" "), "", "page.ts", "imgtailor.d.ts"]
  const running = launch(process.execPath, args, { cwd: folder })
  await running.ended
  return running.stdout() + running.stderr()
}

const PAGE = `
import { parseSizeList, type Format as AnyFormat } from "imgtailor/sizes"
import type { Format, list, SizeName } from "./imgtailor.js"

declare const published: typeof list
export const parsed = parseSizeList(published.sizes)
export const formats: readonly AnyFormat[] = published.formats
export const basePath: "/img" = published.basePath
export const names: readonly SizeName[] = ["360x270", "480h", "thumb"]
export const chosen: Format = "webp"
export const quality: 70 = published.sizes[2].quality.webp
// @ts-expect-error An unlisted size.
export const unlisted: SizeName = "361x270"
// @ts-expect-error A size that has a name.
export const unnamed: SizeName = "120x120"
// @ts-expect-error An unlisted format.
export const other: Format = "avif"
// @ts-expect-error Only three sizes exist.
export const fourth: unknown = published.sizes[3]
`

group("imgtailor types", () => {
  const LIST = ["--sizes", JSON.stringify(SIZES), "--formats", "webp", "--base-path", "/img"]

  it("imgtailor types prints types that compile strictly, and that accept only listed sizes and formats", async () => {
    const folder = await temporaryFolder()
    const { code, stdout, stderr } = await runCommand(["types", ...LIST], { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    await writeFile(join(folder, "imgtailor.d.ts"), stdout)
    expect(await compile(folder, PAGE)).toBe("")
    const misspelt = PAGE.replace('names: readonly SizeName[] = ["360x270"', 'names: readonly SizeName[] = ["360x27"')
    expect(await compile(folder, misspelt)).toMatch(/"360x27".*is not assignable/)
  })

  it("imgtailor types prints the same for options, the environment, a configuration file and a running server", async () => {
    const cwd = await temporaryFolder()
    const expected = (await runCommand(["types", ...LIST], { cwd })).stdout
    const env = { IMGTAILOR_SIZES: JSON.stringify(SIZES), IMGTAILOR_FORMATS: "webp", IMGTAILOR_BASE_PATH: "/img" }
    expect((await runCommand(["types"], { cwd, env })).stdout).toBe(expected)

    const photos = await temporaryFolder()
    await writeFile(join(photos, "a.jpg"), await flat({ width: 8, height: 8 }))
    const { url } = await launchServe([photos, ...LIST], { cwd: await temporaryFolder() })
    for (const listUrl of [url, `${url}/`, `${url}/imgtailor.json`, `${url}/imgtailor.json?v=1`])
      expect((await runCommand(["types", "--url", listUrl], { cwd })).stdout, `from ${listUrl}`).toBe(expected)

    // The folders in it do not exist on this machine.
    const settings = { originals: "./not-here", watch: true, sizes: SIZES, formats: ["webp"], basePath: "/img" }
    await writeFile(join(cwd, "imgtailor.config.json"), JSON.stringify(settings))
    expect(await runCommand(["types"], { cwd })).toEqual({ code: 0, stdout: expected, stderr: "" })

    const { code, stdout } = await runCommand(["types", "--out", "list.d.ts"], { cwd })
    expect([code, stdout.trim().endsWith("list.d.ts")]).toEqual([0, true])
    expect(await readFile(join(cwd, "list.d.ts"), "utf8")).toBe(expected)
  })

  it("imgtailor types accepts an empty list of formats, and the example in docs/clients.md compiles", async () => {
    const folder = await temporaryFolder()
    const none = await runCommand(["types", "--sizes", "1w", "--formats", "[]"], { cwd: folder })
    expect(none.stdout).toContain("export type Format = never\n")

    const page = await readFile(join(PACKAGE, "docs", "clients.md"), "utf8")
    const [, shown = ""] = /^### The list as types\n[\s\S]*?^```ts\n([\s\S]*?)^```$/m.exec(page) ?? []
    expect(shown).toContain('from "./imgtailor.js"')
    await runCommand(["types", "--sizes", "360x270", "--out", "imgtailor.d.ts"], { cwd: folder })
    expect(await compile(folder, `${shown}\nconsole.log(card, published.sizes)\n`)).toBe("")
  })

  it("imgtailor types reports an invalid URL, an invalid list and an invalid file", async () => {
    const cwd = await temporaryFolder()
    const answers: Readonly<Record<string, readonly [number, string]>> = {
      "/absent/imgtailor.json": [404, "not here"],
      "/page/imgtailor.json": [200, "<html>"],
      "/other/imgtailor.json": [200, "[1]"],
      "/newer/imgtailor.json": [200, `{ "sizes": ["360x270", "3d"], "formats": ["jxl"], "basePath": "" }`],
    }
    const server = createServer((request, response) => {
      const [status, body] = answers[request.url ?? ""] ?? [500, ""]
      response.writeHead(status, { connection: "close" }).end(body)
    })
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
    onTestFinished(() => void server.close())
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const [args, ...parts] of [
      [["--url", `${base}/absent`], `Expected a list at ${base}/absent/imgtailor.json, got status 404.`],
      [["--url", `${base}/page`], "is not valid JSON"],
      [["--url", `${base}/other`], "another kind of JSON"],
      [["--url", `${base}/newer`], '"3d"', '"jxl"'],
      [["--url", "img.example.com"], 'got "img.example.com"'],
      [
        ["--url", base, "--sizes", "1w", "--config", "x.json"],
        "--sizes: not allowed with --url",
        "--config: not allowed",
      ],
      [["--url", base, "--ulr", "1"], "Did you mean --url?"],
      [["--sizes", "1w", "--out", "not/here.d.ts"], "--out: Expected a writable file"],
      [[], "sizes: this setting is required"],
    ] as const) {
      const { code, stdout, stderr } = await runCommand(["types", ...args], { cwd })
      expect([code, stdout], `for ${args.join(" ")}`).toEqual([2, ""])
      for (const part of parts) expect(stderr).toContain(part)
    }
  })
})

/** `imgtailor explain`, and the studio of `imgtailor serve`, as commands. */
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import { describe, expect, it } from "vitest"

import type { Explanation } from "../src/explain/explanation.ts"
import { launchCommand, launchServe, runCommand } from "./support/command.ts"
import { filesBelow, temporaryFolder } from "./support/folders.ts"
import { flat } from "./support/photos.ts"

const SETTINGS = ["--originals", "photos", "--renditions", "out", "--sizes", "64w,32x32", "--isolation", "none"]

const createFolder = async (): Promise<string> => {
  const cwd = await temporaryFolder()
  const path = join(cwd, "photos", "shop", "a.jpg")
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, await flat({ width: 120, height: 90 }))
  return cwd
}

describe("imgtailor explain", () => {
  it("imgtailor explain describes a URL step by step without a server, and stores nothing", async () => {
    const cwd = await createFolder()
    const url = "https://img.example.com/shop/64w/a.jpg?v=1"
    const { stdout, code } = await runCommand(["explain", url, "--accept", "image/webp", ...SETTINGS], { cwd })
    expect(code).toBe(0)
    for (const part of [
      "The server renders the rendition",
      "64w (listed)",
      "64w as webp of shop/a.jpg (this one; it exists)",
      "120 × 90 pixels",
      "64 × 48 pixels, image/webp",
      "Nothing is stored under this key.",
      "content-location",
      "limits.pixels",
    ])
      expect(stdout).toContain(part)
    expect(await filesBelow(join(cwd, "out"))).toEqual([])
  })

  it.each([
    ["/shop/65w/a.jpg", "size-not-allowed", "400"],
    ["shop/65w/a.jpg", "size-not-allowed", "400"],
    ["/shop/64w/none.jpg", "original-not-found", "404"],
    ["/", "no-image", "404"],
    ["none.jpg", "original-not-found", "404"],
  ])("imgtailor explain %s names the error %s with its remedy", async (target, error, status) => {
    const cwd = await createFolder()
    const { stdout, code } = await runCommand(["explain", target, ...SETTINGS], { cwd })
    expect(code).toBe(0)
    expect(stdout).toContain(`${status} ${error}`)
  })

  it("imgtailor explain knows the metrics, if they are answered on the port of the images", async () => {
    const cwd = await createFolder()
    const explained = async (env: Record<string, string>): Promise<string> =>
      (await runCommand(["explain", "/metrics", ...SETTINGS], { cwd, env })).stdout
    expect(await explained({ IMGTAILOR_METRICS: "true" })).toContain("metrics for Prometheus")
    expect(await explained({ IMGTAILOR_METRICS: "true", IMGTAILOR_METRICS_PORT: "9464" })).toContain("400 bad-url")
    expect(await explained({})).toContain("400 bad-url")
  })

  it("imgtailor explain lists the renditions of an original, and prints JSON on request", async () => {
    const cwd = await createFolder()
    const { stdout } = await runCommand(["explain", "shop/a.jpg", "--json", ...SETTINGS], { cwd })
    const explanation = JSON.parse(stdout) as Explanation
    expect(explanation).toMatchObject({ kind: "original", original: { key: "shop/a.jpg", width: 120, format: "jpeg" } })
    expect(explanation.renditions?.map(({ url }) => url)).toContain("/shop/64w/a.jpg.avif")
    expect(new Set(explanation.renditions?.map(({ state }) => state))).toEqual(new Set(["absent"]))
  })

  it("imgtailor explain shows control characters and marks of direction of a name as escapes", async () => {
    const cwd = await createFolder()
    const { stdout } = await runCommand(["explain", "/shop/64w/a%1b\u202e.jpg", ...SETTINGS], { cwd })
    // eslint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u001b\u202e]/)
  })
})

describe("imgtailor serve", () => {
  it("imgtailor serve --studio prints the studio's URL first, and the token opens it", async () => {
    const cwd = await createFolder()
    const { stdout, stderr, until } = launchCommand(["serve", "--studio", "--port", "0", ...SETTINGS], { cwd })
    await until(/Renditions are stored/)
    const [, printed = "", origin = "", token = ""] =
      /^Studio: ((http:\S+)\/_studio\/)#([\w-]{43})\n/.exec(stdout()) ?? []
    const headers = { origin, "content-type": "application/json" }
    const session = await fetch(`${printed}api/session`, { method: "POST", headers, body: JSON.stringify({ token }) })
    expect(session.status).toBe(204)
    expect((await fetch(`${origin}/`, { redirect: "manual" })).headers.get("location")).toBe("/_studio/")
    expect(stderr()).not.toContain(token)
  })

  it("imgtailor serve has no studio by default", async () => {
    const cwd = await createFolder()
    const running = await launchServe(SETTINGS, { cwd })
    const { url } = running
    expect(running).not.toHaveProperty("studio")
    expect((await fetch(`${url}/_studio/`)).status).toBe(400)
    expect((await fetch(`${url}/`)).status).toBe(404)
  })
})

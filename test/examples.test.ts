/**
 * The examples run as they stand: each is put into a project of its own that has the package installed, with a folder of photos beside
 * it. They hold no types, so that every supported Node runs them.
 */
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe as group, expect, it } from "vitest"

import { launch, PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"
import { describe, flat } from "./support/photos.ts"

const EXAMPLES = join(PACKAGE, "examples")

/** A project with one example, its dependencies and one photo. */
const projectWith = async (example: string): Promise<string> => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, "node_modules", "@hono"), { recursive: true })
  await symlink(PACKAGE, join(folder, "node_modules", "imgtailor"), "dir")
  for (const name of ["hono", "@hono/node-server"])
    await symlink(join(PACKAGE, "node_modules", name), join(folder, "node_modules", name), "dir")
  await copyFile(join(EXAMPLES, example), join(folder, "server.mjs"))
  await mkdir(join(folder, "photos", "shop"), { recursive: true })
  await writeFile(join(folder, "photos", "shop", "a photo.jpg"), await flat({ width: 800, height: 600 }))
  return folder
}

group.each(["node-http.ts", "hono.ts"])("examples/%s", (example) => {
  it("serves a photo in a listed size, and pages beside it", async () => {
    const running = launch(process.execPath, ["server.mjs"], { cwd: await projectWith(example), env: { PORT: "0" } })
    const [, port] = await running.until(/port: (\d+)/)
    const base = `http://localhost:${port}`

    const photo = await fetch(`${base}/images/shop/360x270/a%20photo.jpg`)
    expect([photo.status, photo.headers.get("content-type")]).toEqual([200, "image/jpeg"])
    expect(await describe(Buffer.from(await photo.arrayBuffer()))).toMatchObject({ width: 360, height: 270 })

    const refused = await fetch(`${base}/images/shop/361x270/a%20photo.jpg`)
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain("size-not-allowed")

    const page = await fetch(`${base}/`)
    expect(await page.text()).toContain("Your page goes here.")
  })
})

/** The fenced code blocks of a Markdown text. */
const codeBlocks = (markdown: string): readonly string[] =>
  [...markdown.replaceAll("\r\n", "\n").matchAll(/^```[^\n]*\n(.*?)^```$/gms)].map(([, code = ""]) => code)

/** A text's first line, and the rest. */
const split = (text: string): readonly [string, string] => {
  const at = text.indexOf("\n") + 1
  return [text.slice(0, at), text.slice(at)]
}

it("are what README shows, wherever a code block's first line names one of them", async () => {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8").catch(() => "")
  const blocks = codeBlocks(readme).map(split)
  const entries = await readdir(EXAMPLES, { withFileTypes: true })
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const [head, rest] = split(await readFile(join(EXAMPLES, name), "utf8"))
    expect(head, `the first line of examples/${name} names it`).toContain(`examples/${name}`)
    for (const [tag, shown] of blocks.filter(([first]) => first.includes(`examples/${name}`)))
      expect(shown, `README's block ${tag.trim()} differs from the file: copy the file's text into it`).toBe(rest)
  }
})

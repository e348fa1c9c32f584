/**
 * Tests of the examples: each runs unchanged in a project that has the package installed, with a folder of photos. They use no types, so
 * that every supported version of Node runs them.
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
  it(`examples/${example} serves a photo in a listed size, and other pages`, async () => {
    const running = launch(process.execPath, ["server.mjs"], { cwd: await projectWith(example), env: { PORT: "0" } })
    const [, port] = await running.until(/port: (\d+)/)
    const base = `http://localhost:${port}`

    const photo = await fetch(`${base}/images/shop/360x270/a%20photo.jpg`)
    expect([photo.status, photo.headers.get("content-type")]).toEqual([200, "image/jpeg"])
    expect(await describe(Buffer.from(await photo.arrayBuffer()))).toMatchObject({ width: 360, height: 270 })

    const rejected = await fetch(`${base}/images/shop/361x270/a%20photo.jpg`)
    expect(rejected.status).toBe(400)
    expect(await rejected.text()).toContain("size-not-allowed")

    const page = await fetch(`${base}/`)
    expect(await page.text()).toContain("Your page goes here.")
  })
})

/** The fenced code blocks of a Markdown text. */
const codeBlocks = (markdown: string): readonly string[] =>
  [...markdown.replaceAll("\r\n", "\n").matchAll(/^```[^\n]*\n(.*?)^```$/gms)].map(([, code = ""]) => code)

/** The first line of a text, and the rest. */
const split = (text: string): readonly [string, string] => {
  const at = text.indexOf("\n") + 1
  return [text.slice(0, at), text.slice(at)]
}

it("README shows the unchanged code of each example that a code block names", async () => {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8").catch(() => "")
  const blocks = codeBlocks(readme).map(split)
  const entries = await readdir(EXAMPLES, { withFileTypes: true })
  for (const { name } of entries.filter((entry) => entry.isFile())) {
    const [head, rest] = split(await readFile(join(EXAMPLES, name), "utf8"))
    // The output of `imgtailor nginx`, which test/nginx.test.ts compares.
    if (name === "nginx.conf") continue
    expect(head, `the first line of examples/${name} names it`).toContain(`examples/${name}`)
    for (const [tag, shown] of blocks.filter(([first]) => first.includes(`examples/${name}`)))
      expect(shown, `the block ${tag.trim()} in README differs from the file`).toBe(rest)
  }
})

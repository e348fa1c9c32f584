/**
 * The generated pages are those that the tables make: whoever changes a setting or an error writes them again. And code that a page shows
 * is the code of an example.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { expect, it } from "vitest"

import { launch, PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"

it.each(["settings.md", "errors.md", "url-vectors.json"])("docs/%s is what npm run docs writes", async (page) => {
  const folder = await temporaryFolder()
  const script = launch(process.execPath, [join(PACKAGE, "scripts", "docs.mjs"), folder], { cwd: folder })
  expect(await script.ended, `the script says ${script.stderr()}`).toBe(0)
  const [made, committed] = await Promise.all(
    [folder, join(PACKAGE, "docs")].map((place) => readFile(join(place, page), "utf8")),
  )
  expect(committed, `docs/${page} is out of date: npm run build && npm run docs`).toBe(made)
})

it("docs/frameworks.md shows the examples as they are, wherever a comment before a code block names a file", async () => {
  const text = await readFile(join(PACKAGE, "docs", "frameworks.md"), "utf8")
  const blocks = [...text.matchAll(/^<!-- (examples\/\S+) -->\n+```\w*\n(.*?)^```$/gms)]
  expect(blocks.length).toBe(text.match(/^<!-- examples\//gm)?.length)
  for (const [, file = "", code] of blocks) expect(code, file).toBe(await readFile(join(PACKAGE, file), "utf8"))
})

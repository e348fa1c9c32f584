/** The generated pages are those that the tables make: whoever changes a setting or an error writes them again. */
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

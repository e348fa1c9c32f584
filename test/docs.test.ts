/** Tests of the docs: generated pages are up to date, and code in a page is the code of an example. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

import { expect, it } from "vitest"

import { SIZE_OPTION_NAMES } from "../src/sizes/size-options.ts"
import { launch, PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"

it.each(["settings.md", "errors.md", "formats.md", "url-vectors.json"])("docs/%s is up to date", async (page) => {
  const folder = await temporaryFolder()
  const script = launch(process.execPath, [join(PACKAGE, "scripts", "docs.mjs"), folder], { cwd: folder })
  expect(await script.ended, `scripts/docs.mjs printed ${script.stderr()}`).toBe(0)
  const [generated, committed] = await Promise.all(
    [folder, join(PACKAGE, "docs")].map((parent) => readFile(join(parent, page), "utf8")),
  )
  expect(committed, `docs/${page} is out of date: npm run build && npm run docs`).toBe(generated)
})

it("docs/sizes.md explains every option of a size, and shows a picture of each that changes pixels", async () => {
  const page = await readFile(join(PACKAGE, "docs", "sizes.md"), "utf8")
  const pictures = page.match(/!\[[^\]]*\]\(sizes\//g)?.join() ?? ""
  const unexplained = SIZE_OPTION_NAMES.filter((name) => !new RegExp(`^\\|[^|]*\`${name}\``, "m").test(page))
  const unshown = SIZE_OPTION_NAMES.filter((name) => !new RegExp(`\\b${name}\\b`).test(pictures))
  expect({ unexplained, unshown }).toEqual({ unexplained: [], unshown: ["format", "formats", "minQuality"] })
})

it.each(["frameworks.md", "embedding.md"])(
  "docs/%s shows the unchanged code of each example that a comment names",
  async (page) => {
    const text = await readFile(join(PACKAGE, "docs", page), "utf8")
    const blocks = [...text.matchAll(/^<!-- (examples\/\S+) -->\n+```\w*\n(.*?)^```$/gms)]
    expect(blocks.length).toBe(text.match(/^<!-- examples\//gm)?.length)
    for (const [, file = "", code] of blocks)
      expect(code, `the code of ${file}`).toBe(await readFile(join(PACKAGE, file), "utf8"))
  },
)

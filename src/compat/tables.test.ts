/** The tables of URLs in docs/compat/: the server answers as each row says, with the configuration in their README. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { createCompatResolve } from "../http/compat.ts"
import { resolveUrlPath, type ResolvedUrl } from "../http/url-path.ts"
import { parseSizeList, type SizeInput } from "../sizes/list.ts"
import { SERVICE_NAMES, type ServiceName } from "./names.ts"

const DOCS = join(import.meta.dirname, "../../docs/compat")
const read = (page: string): string => readFileSync(join(DOCS, page), "utf8")

const CONFIG = JSON.parse(/```json\n(.*?)```/s.exec(read("README.md"))?.[1] ?? "") as {
  readonly sizes: readonly SizeInput[]
  readonly compatOrigins: Readonly<Record<string, string>>
}
const parsed = parseSizeList(CONFIG.sizes)
if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems))
const GRAMMAR = {
  sizes: parsed.list,
  formats: ["avif", "webp"],
  retired: { sizes: [], formats: [] },
  sharedStore: false,
  maxBytes: { segment: 255, key: 1024 },
} as const

interface Row {
  readonly url: string
  readonly original: string
  readonly size: string
}

const rowsOf = (name: ServiceName): readonly Row[] =>
  [...read(`${name}.md`).matchAll(/^\| `(.+?)` +\| (.+?) +\| (.+?) +\|$/gm)].map(
    ([, url = "", original = "", size = ""]) => ({
      url,
      original,
      size,
    }),
  )

/** The last two cells of a row for a URL that is accepted. */
const cellsOf = ({ parsed: { readings } }: ResolvedUrl): Pick<Row, "original" | "size"> => {
  const [{ original, size, format }] = readings
  return {
    original: `\`${original}\``,
    size: `\`${size === "info" ? size : size.name}\`${format === undefined ? "" : ` as ${format}`}`,
  }
}

/** Whether an error is the one that a row describes. */
const isDescribed = (text: string, cell: string): boolean => {
  const [, code = ""] = /`(.+)`/.exec(cell) ?? []
  if (cell.startsWith("refused: ")) return text.includes(cell.slice("refused: ".length))
  if (cell.startsWith("add ")) return text.includes(`Add ${code} to sizes.`)
  if (cell.startsWith("no size can have")) return text.includes(`No size can have the option ${JSON.stringify(code)}`)
  if (cell.startsWith("no size is named")) return text.includes(`"${code}" is a preset of the other service`)
  return cell.includes("is not in compatOrigins") && text.includes("compatOrigins") && text.includes(code)
}

describe.each(SERVICE_NAMES)("the table of %s", (name) => {
  const rows = rowsOf(name)
  const resolve = createCompatResolve(resolveUrlPath, GRAMMAR, {
    compat: [name],
    compatOrigins: CONFIG.compatOrigins,
    compatKeys: {},
    basePath: "",
  })

  it(`the table of ${name} has at least 60 different URLs`, () => {
    expect(new Set(rows.map(({ url }) => url)).size).toBeGreaterThanOrEqual(60)
  })

  it(`the server answers each URL in the table of ${name} as the row says`, async () => {
    const wrong: unknown[] = []
    for (const row of rows) {
      const resolved = await resolve(row.url, undefined)
      if ("refused" in resolved) {
        const text = `${resolved.detail} ${resolved.hint}`
        if (row.original !== "–" || !isDescribed(text, row.size)) wrong.push({ ...row, text })
      } else if (JSON.stringify(cellsOf(resolved)) !== JSON.stringify({ original: row.original, size: row.size }))
        wrong.push({ ...row, resolved: cellsOf(resolved) })
    }
    expect(wrong).toEqual([])
  })
})

/** Snippets: the functions of docs/clients.md, and names that try to leave their text. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { runInNewContext } from "node:vm"

import { expect, it } from "vitest"

import { frameworkSnippets, jsValue } from "./snippet-frameworks.ts"
import { LANGUAGE_FUNCTIONS } from "./snippet-languages.ts"
import { escapeHtml, jsText, singleQuoted } from "./snippet-text.ts"

const HOSTILE = [
  `</script><img src=x>`,
  `"+alert(1)+"`,
  "'; exec('x'); '",
  "${x}",
  "#{x}",
  "\u202egpj.exe",
  "\\",
  "{{x}}",
  "`",
]

it("the functions in snippets are those of docs/clients.md, which are tested with all vectors", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/clients.md"), "utf8")
  for (const code of Object.values(LANGUAGE_FUNCTIONS)) expect(page).toContain(code.trim())
})

it.each(HOSTILE)("the name %j stays one text in JavaScript and HTML", (name) => {
  expect(runInNewContext(jsText(name))).toBe(name)
  expect(runInNewContext(`(${jsValue({ name, "a-b": [name, 1, true] })})`)).toEqual({ name, "a-b": [name, 1, true] })
  expect(jsText(name)).not.toMatch(/<|\u202e/)
  expect(escapeHtml(name)).not.toMatch(/["<>]/)
  expect(singleQuoted(name)).toMatch(/^'(?:[^'\\]|\\['\\])*'$/)
})

const INFO = {
  width: 3,
  height: 2,
  format: "jpeg",
  byteLength: 1,
  animated: false,
  placeholder: "",
  dominantColour: "",
} as const

const snippetsOf = (original: string) =>
  frameworkSnippets({ original, shape: "80w", info: INFO, base: "", sizes: ["80w"], formats: ["webp"] })

it.each(HOSTILE)("every snippet has the name %j only as an escaped text", (original) => {
  const snippets = snippetsOf(original)
  expect(snippets).toHaveLength(9)
  for (const { code } of snippets) expect(code).toContain(jsText(original))
})

const MODULES: Readonly<Record<string, () => Promise<object>>> = {
  astro: () => import("../integrations/astro.ts"),
  client: () => import("../client/client.ts"),
  next: () => import("../integrations/next.ts"),
  nuxt: () => import("../integrations/nuxt.ts"),
  react: () => import("../integrations/react.ts"),
  svelte: () => import("../integrations/photo.svelte"),
  unpic: () => import("../integrations/unpic.ts"),
  vue: () => import("../integrations/vue.ts"),
}

it("every snippet imports what the modules of the package export", async () => {
  const code = snippetsOf("a.jpg")
    .map((snippet) => snippet.code)
    .join("\n")
  const imports = [...code.matchAll(/import (?:\{ (\w+) \}|\w+) from "imgtailor\/(\w+)"/g)]
  expect(new Set(imports.map(([, , name]) => name))).toEqual(new Set(Object.keys(MODULES)))
  for (const [, exported = "default", name = ""] of imports) expect(await MODULES[name]?.()).toHaveProperty(exported)
})

/** Responsible for snippets of projects in JavaScript: one entry for each framework. */
import { DEFAULT_FORMATS, type Format } from "../sizes/format.ts"
import type { Info } from "../sizes/info.ts"
import type { SizeInput } from "../sizes/list.ts"
import type { Snippet } from "./api.ts"
import { jsText } from "./snippet-text.ts"

/** A photo in a page. */
export interface FrameworkInput {
  readonly original: string
  /** Name of the largest size. */
  readonly shape: string
  readonly info: Info
  /** Host of the images, with their base path. */
  readonly base: string
  /** The sizes of the `srcset`. */
  readonly sizes: readonly SizeInput[]
  /** All explicit formats of the server. */
  readonly formats: readonly Format[]
}

/** A value as code, with its texts escaped. */
export const jsValue = (value: unknown): string => {
  if (typeof value === "string") return jsText(value)
  if (Array.isArray(value)) return `[${value.map(jsValue).join(", ")}]`
  if (typeof value !== "object" || value === null) return String(value)
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined)
  return `{ ${entries.map(([name, entry]) => `${/^\w+$/.test(name) ? name : jsText(name)}: ${jsValue(entry)}`).join(", ")} }`
}

/** Texts of one photo that the snippets are made from. */
interface Parts {
  /** The client, as a module. */
  readonly client: string
  readonly base: string
  readonly sizes: string
  readonly formats: string
  /** The key, as a text of JavaScript. */
  readonly original: string
  /** The name of the size, as a text of JavaScript. */
  readonly shape: string
  /** The name of the size: lower-case letters, digits and hyphens. */
  readonly name: string
  /** Width and height, as an object, to reserve the space. */
  readonly info: string
  readonly width: number
  readonly height: number
}

type Template = Omit<Snippet, "id" | "code"> & { readonly code: (parts: Parts) => string }

/** The word is not at the beginning of a line: tools would take the code in the snippets for this file's. */
const EXPORT = "export"

const TEMPLATES: Readonly<Record<string, Template>> = {
  client: {
    title: "imgtailor/client",
    language: "js",
    code: ({ client, original, shape }) => `${client}
const info = await photos.info(${original})
const { sources, img } = photos.picture(${original}, { shape: ${shape}, info })
`,
  },
  react: {
    title: "React",
    language: "jsx",
    code: ({ client, original, shape, info }) => `// photos.js
${client}
// page.jsx
import { createPhoto } from "imgtailor/react"

import { photos } from "./photos.js"

const Photo = createPhoto(photos)

${EXPORT} const Page = () => <Photo original={${original}} shape={${shape}} info={${info}} alt="" />
`,
  },
  next: {
    title: "Next.js",
    language: "jsx",
    code: ({ client, original, shape }) => `// photos.js
${client}
// app/page.jsx
import { photo } from "imgtailor/next"
import Image from "next/image"

import { photos } from "../photos.js"

${EXPORT} default async function Page() {
  const info = await photos.info(${original})
  const { sources, image } = photo(photos, ${original}, { shape: ${shape}, info })
  return (
    <picture>
      {sources.map((source) => (
        <source key={source.srcSet} {...source} />
      ))}
      <Image {...image} alt="" />
    </picture>
  )
}
`,
  },
  vue: {
    title: "Vue",
    language: "vue",
    code: ({ client, original, name, info }) => `<script setup>
import { createPhoto } from "imgtailor/vue"
${client}
const Photo = createPhoto(photos)
const original = ${original}
const info = ${info}
</script>

<template>
  <Photo :original="original" shape="${name}" :info="info" alt="" />
</template>
`,
  },
  nuxt: {
    title: "Nuxt",
    language: "vue",
    code: ({ client, original, shape }) => `<script setup>
import { photo } from "imgtailor/nuxt"
${client}
const original = ${original}
const { data: info } = await useAsyncData(original, () => photos.info(original))
const card = photo(photos, original, { shape: ${shape}, info: info.value })
</script>

<template>
  <picture>
    <source v-for="source in card.sources" :key="source.type" v-bind="source" />
    <NuxtImg v-bind="card.image" alt="" />
  </picture>
</template>
`,
  },
  svelte: {
    title: "Svelte",
    language: "svelte",
    code: ({ client, original, name, info }) => `<script>
import Photo from "imgtailor/svelte"
${client}
const original = ${original}
const info = ${info}
</script>

<Photo {photos} {original} shape="${name}" {info} alt="" />
`,
  },
  astro: {
    title: "Astro",
    language: "astro",
    code: ({ base, sizes, formats, original, name, width, height }) => `---
// astro.config.mjs:
//   import { imageService } from "imgtailor/astro"
//   image: { service: imageService({ baseUrl: ${base}, sizes: ${sizes}, formats: ${formats} }) }
import { Picture } from "astro:assets"

const original = ${original}
---

<Picture src={original} width={${width}} height={${height}} shape="${name}" formats={${formats}} alt="" />
`,
  },
  eleventy: {
    title: "Eleventy",
    language: "njk",
    code: ({ original, shape }) => `{# docs/frameworks.md has the shortcode "photo". #}
{% photo ${original}, { shape: ${shape} }, { alt: "" } %}
`,
  },
  unpic: {
    title: "unpic",
    language: "jsx",
    code: ({ client, original, shape, info }) => `import { Image, Source } from "@unpic/react/base"
import { photo } from "imgtailor/unpic"
${client}
const { sources, image } = photo(photos, ${original}, { shape: ${shape}, info: ${info} })

${EXPORT} const Photo = () => (
  <picture>
    {sources.map((source) => (
      <Source key={source.type} {...source} />
    ))}
    <Image {...image} alt="" />
  </picture>
)
`,
  },
}

/** Snippets for all frameworks. */
export const frameworkSnippets = (input: FrameworkInput): readonly Snippet[] => {
  const { original, shape, info, base, sizes, formats } = input
  const isDefault = formats.join() === DEFAULT_FORMATS.join()
  const client = `import { createClient } from "imgtailor/client"

${EXPORT} const photos = createClient({
  baseUrl: ${jsText(base)},
  sizes: ${jsValue(sizes)},${isDefault ? "" : `\n  formats: ${jsValue(formats)},`}
})
`
  const { width, height, trimmed } = info
  const parts: Parts = {
    client,
    base: jsText(base),
    sizes: jsValue(sizes),
    formats: jsValue(formats),
    original: jsText(original),
    shape: jsText(shape),
    name: shape,
    info: jsValue({ width, height, trimmed }),
    width,
    height,
  }
  // A module of a component cannot export the client.
  const inComponent = { ...parts, client: client.replace("export const", "\nconst").replace("\n\n\n", "\n\n") }
  return Object.entries(TEMPLATES).map(([id, { title, language, code }]) => ({
    id,
    title,
    language,
    code: code(language === "vue" || language === "svelte" ? inComponent : parts),
  }))
}

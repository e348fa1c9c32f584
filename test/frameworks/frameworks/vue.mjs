// Vue: <Photo> of imgtailor/vue, rendered on a server and hydrated.
import { cp, readFile, rename } from "node:fs/promises"
import { join } from "node:path"

import { photoPropsOf, withSizes } from "../cases.mjs"

const PAGE = `<script setup>
import { onMounted } from "vue"

import cases from "./cases.json"
import { Photo } from "./photo.js"

defineProps({ gallery: Array })
onMounted(() => {
  document.documentElement.dataset.hydrated = ""
})
</script>

<template>
  <main>
    <component is="style">{{ cases.css }}</component>
    <div v-for="{ id, ...props } in cases.images" :key="id" :class="'box-' + id">
      <Photo :data-case="id" alt="" v-bind="props" />
    </div>
  </main>
</template>
`

/** @type {import("../run.mjs").Framework} */
export const vue = {
  name: "vue",
  title: "Vue",
  node: 20,
  package: "vue",
  example: "example/",
  hydrates: true,
  cannot: ({ shape, withoutInfo }) =>
    withoutInfo && !shape.includes("x") ? "an uncropped photo without info: no space is reserved" : undefined,
  build: async ({ folder, write, run, baseUrl, sizes, cases, css }) => {
    const env = { VITE_IMAGES_URL: baseUrl }
    await run("node", ["build.mjs", ...cases.slice(0, 3).map(({ key }) => key)], { env })
    await rename(join(folder, "dist"), join(folder, "example"))
    const client = await readFile(join(folder, "src/photo.js"), "utf8")
    await write("src/photo.js", withSizes(client, sizes))
    const images = photoPropsOf(cases)
    await write("src/cases.json", JSON.stringify({ css, images }))
    await write("src/page.vue", PAGE)
    // Only the development build reports attributes that differ from those of the server.
    await run("node", ["build.mjs", "missing.jpg"], { env: { ...env, NODE_ENV: "development" } })
    await cp(join(folder, "example"), join(folder, "dist/example"), { recursive: true })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("dist")}/`,
}

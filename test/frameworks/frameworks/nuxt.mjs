// Nuxt: <NuxtImg> of @nuxt/image with presets, with its own `width` and `densities` if these are listed, and with the props of `photo`.
import { readFile, rm } from "node:fs/promises"
import { join } from "node:path"

import { PHOTOS } from "../photos.mjs"

/** The options of a case for `photo`. Without info, the displayed width and height give the ratio, and the original is large. */
const optionsOf = ({ shape, layout, width, height, sizes, priority, format, info, withoutInfo }) => ({
  shape,
  width: layout === "full" ? undefined : width,
  // A fixed width is the same in a narrower viewport.
  sizes: layout === "fixed" ? `${width}px` : sizes,
  info: info ?? (withoutInfo && width ? { width: 100 * width, height: 100 * height } : undefined),
  priority,
  format,
})

/** A large original at a listed width whose double is listed too: <NuxtImg> is correct without `photo`. */
const isNative = ({ layout, width, height, shape, photo, element, format }, sizes) => {
  const [, w, h] = /^(\d+)(?:x(\d+)|w)$/.exec(shape) ?? []
  const isListed = (factor) => sizes.includes(h ? `${width * factor}x${height * factor}` : `${width * factor}w`)
  const isFilled = PHOTOS[photo].width >= 2 * width && PHOTOS[photo].height >= 2 * height
  return layout === "fixed" && w && height && !element && !format && isFilled && isListed(1) && isListed(2)
}

const nativeOf = ({ key, shape, width, height }) => ({
  src: key,
  width,
  height,
  densities: "1x 2x",
  loading: "lazy",
  ...(!shape.includes("x") && { fit: "inside" }),
})

const PAGE = `<script setup>
import { photo } from "imgtailor/nuxt"
import boxes from "~~/boxes.json"

const images = boxes.map(({ options, key, ...box }) => ({ ...box, ...(options && photo(photos, key, options)) }))
</script>

<template>
  <div v-for="{ id, native, element, sources, image } in images" :key="id" :class="'box-' + id">
    <NuxtImg v-if="native" v-bind="native" :data-case="id" alt="" />
    <picture v-else-if="element">
      <source v-for="source in sources" :key="source.type" v-bind="source" />
      <NuxtImg v-bind="image" :data-case="id" alt="" />
    </picture>
    <NuxtImg v-else v-bind="image" :data-case="id" alt="" />
  </div>
  <a href="/gallery" style="display: none">The example's own page</a>
</template>
`

/** @type {import("../run.mjs").Framework} */
export const nuxt = {
  name: "nuxt",
  title: "Nuxt",
  node: 24,
  package: "nuxt",
  example: "gallery/",
  cannot: () => undefined,
  build: async ({ folder, write, run, baseUrl, sizes, cases, css }) => {
    const page = await readFile(join(folder, "app/app.vue"), "utf8")
    await rm(join(folder, "app/app.vue"))
    await write("app/pages/gallery.vue", page.replace("shop/mug.jpg", cases[0].key).replace(/<style>[\s\S]*/, ""))
    await write("app/pages/index.vue", `${PAGE}<style>\n${css}\n</style>\n`)
    const settings = await readFile(join(folder, "app/utils/photos.ts"), "utf8")
    await write("app/utils/photos.ts", settings.replace(/sizes: \[.*\]/, `sizes: ${JSON.stringify(sizes)}`))
    const boxes = cases.map((one) => {
      const { id, key, element } = one
      return isNative(one, sizes) ? { id, native: nativeOf(one) } : { id, key, element, options: optionsOf(one) }
    })
    await write("boxes.json", JSON.stringify(boxes))
    await run("nuxi", ["generate"], { env: { VITE_IMAGES_URL: baseUrl } })
  },
  serve: async ({ serveFolder }) => `${await serveFolder(".output/public")}/`,
}

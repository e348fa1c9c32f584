// Svelte: <Photo> of imgtailor/svelte in SvelteKit, rendered while the site is built and hydrated.
import { cp, readFile, rename } from "node:fs/promises"
import { join } from "node:path"

import { photoPropsOf, withSizes } from "../cases.mjs"

const PAGE = `<script>
  import Photo from "imgtailor/svelte"
  import { onMount } from "svelte"

  import cases from "$lib/cases.json"
  import { photos } from "$lib/photos.js"

  onMount(() => {
    document.documentElement.dataset.hydrated = ""
  })
</script>

<svelte:head>
  {@html "<" + "style>" + cases.css + "</" + "style>"}
</svelte:head>

{#each cases.images as { id, ...props } (id)}
  <div class={"box-" + id}>
    <Photo {photos} data-case={id} alt="" {...props} />
  </div>
{/each}
`

/** @type {import("../run.mjs").Framework} */
export const svelte = {
  name: "svelte",
  title: "Svelte",
  node: 20,
  package: "svelte",
  example: "example/",
  hydrates: true,
  cannot: ({ shape, withoutInfo }) =>
    withoutInfo && !shape.includes("x") ? "an uncropped photo without info: no space is reserved" : undefined,
  build: async ({ folder, write, run, baseUrl, sizes, cases, css }) => {
    const photos = cases.slice(0, 3).map(({ key }) => key)
    const env = { VITE_IMAGES_URL: baseUrl, PHOTOS: photos.join(",") }
    await run("vite", ["build"], { env })
    await rename(join(folder, "build"), join(folder, "example"))
    const client = await readFile(join(folder, "src/lib/photos.js"), "utf8")
    await write("src/lib/photos.js", withSizes(client, sizes))
    const images = photoPropsOf(cases)
    await write("src/lib/cases.json", JSON.stringify({ css, images }))
    await write("src/routes/+page.svelte", PAGE)
    // Only the development build reports attributes that differ from those of the server.
    const development = { ...env, NODE_ENV: "development", PHOTOS: "missing.jpg" }
    await run("vite", ["build", "--mode", "development"], { env: development })
    await cp(join(folder, "example"), join(folder, "build/example"), { recursive: true })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("build")}/`,
}

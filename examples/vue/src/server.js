import { createSSRApp } from "vue"
import { renderToString } from "vue/server-renderer"

import Page from "./page.vue"
import { photos } from "./photo.js"

/** A photo that the server cannot describe does not fail the build: it is displayed without its dimensions. */
const describe = async (original) => ({ original, info: await photos.info(original).catch(() => undefined) })

/** The page as HTML, and its data as JSON, without the characters that could end the script that contains it. */
export const render = async (originals) => {
  const gallery = await Promise.all(originals.map(describe))
  const html = await renderToString(createSSRApp(Page, { gallery }))
  return { html, data: JSON.stringify(gallery).replaceAll("<", String.raw`\u003c`) }
}

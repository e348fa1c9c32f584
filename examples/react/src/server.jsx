import { StrictMode } from "react"
import { renderToString } from "react-dom/server"

import { Page } from "./page.jsx"
import { photos } from "./photo.js"

/** A photo that the server cannot describe does not fail the build: it is displayed without its dimensions. */
const describe = async (original) => ({ original, info: await photos.info(original).catch(() => undefined) })

/** The page as HTML, and its data as JSON, without the characters that could end the script that contains it. */
export const render = async (originals) => {
  const gallery = await Promise.all(originals.map(describe))
  const page = (
    <StrictMode>
      <Page gallery={gallery} />
    </StrictMode>
  )
  return { html: renderToString(page), data: JSON.stringify(gallery).replaceAll("<", String.raw`\u003c`) }
}

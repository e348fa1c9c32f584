// The tailor of every host: its photos and renditions are named by the environment.
import { createTailor } from "imgtailor"

export const tailor = createTailor({
  originals: process.env.PHOTOS,
  renditions: process.env.RENDITIONS,
  sizes: ["1280w", "480h", "360x270"],
  basePath: "/images",
  // Bun cannot start render processes.
  isolation: globalThis.Bun ? "none" : "process",
})

/** The page of the host itself. */
export const PAGE = '<!doctype html><img alt="" src="/images/1280w/a+b.jpg"><img alt="" src="/images/a/1280w/b.jpg">'

import { imageOptions } from "imgtailor/nuxt"

import { settings } from "./app/utils/photos"

export default defineNuxtConfig({
  modules: ["@nuxt/image"],
  compatibilityDate: "2026-01-01",
  image: {
    ...imageOptions(settings.sizes),
    provider: "imgtailor",
    providers: { imgtailor: { provider: "~/providers/imgtailor.ts" } },
  },
})

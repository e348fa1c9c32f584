// Needs a server at IMAGES_URL: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540
import { defineConfig } from "astro/config"
import { imageService } from "imgtailor/astro"

export default defineConfig({
  image: {
    service: imageService({
      baseUrl: process.env.IMAGES_URL ?? "http://localhost:3000",
      sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
    }),
    layout: "constrained",
    responsiveStyles: true,
  },
})

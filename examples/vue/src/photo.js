import { createClient } from "imgtailor/client"
import { createPhoto } from "imgtailor/vue"

export const photos = createClient({
  baseUrl: import.meta.env.VITE_IMAGES_URL ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
})

export const Photo = createPhoto(photos)

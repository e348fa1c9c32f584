// Needs a server at VITE_IMAGES_URL: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540
import { createClient } from "imgtailor/client"

export const photos = createClient({
  baseUrl: import.meta.env.VITE_IMAGES_URL ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
})

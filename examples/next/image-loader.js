// Needs a server at NEXT_PUBLIC_IMAGES_URL: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540
import { createLoader } from "imgtailor/next-loader"

export const images = {
  baseUrl: process.env.NEXT_PUBLIC_IMAGES_URL ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
}

export default createLoader(images)

import { createClient } from "imgtailor/client"

import infos from "./photos.json"

/** Those of the server: imgtailor serve --demo --sizes 320w,640w,1280w,1920w,360x270,720x540 */
export const settings = {
  baseUrl: "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
  // imgtailor info / --json > src/photos.json
  infos,
} as const

export const photos = createClient(settings)

/** Responsible for URLs of Vercel's image optimisation: `/_vercel/image?url=%2Fshop%2Fbag.jpg&w=640&q=75`. */
import { imageEndpoint } from "./nextjs.ts"
import type { Service } from "./service.ts"

/** Vercel. */
export const vercel: Service = imageEndpoint("/_vercel/image")

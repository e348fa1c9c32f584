/** Every part of `npm run stress`, in the order in which they run; what the command imports. */
import { clients } from "./clients.ts"
import { images } from "./images.ts"
import type { Part } from "./part.ts"
import { requests } from "./requests.ts"

export { finish } from "./finished.ts"
export { tryPart } from "./part.ts"

export const PARTS: readonly Part[] = [images, requests, clients]

/** Responsible for the list of the parts of `npm run stress`, in their order. */
import { bucket } from "./bucket.ts"
import { clients } from "./clients.ts"
import { crashes } from "./crashes.ts"
import { faults } from "./faults.ts"
import { folder } from "./folder.ts"
import { hostile } from "./hostile-files.ts"
import { images } from "./images.ts"
import type { Part } from "./part.ts"
import { prune } from "./prune.ts"
import { races } from "./races.ts"
import { requests } from "./requests.ts"

export { finish } from "./finished.ts"
export { tryPart } from "./part.ts"

export const PARTS: readonly Part[] = [
  images,
  hostile,
  requests,
  clients,
  crashes,
  races,
  folder,
  bucket,
  faults,
  prune,
]

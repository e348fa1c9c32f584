import { createProvider } from "imgtailor/nuxt"

import { settings } from "../utils/photos"

export default createProvider(settings)

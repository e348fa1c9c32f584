import { createLoader } from "imgtailor/next-loader"

import { images } from "./images.js"

export default createLoader(images)

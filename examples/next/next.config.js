import { imageConfig } from "imgtailor/next"

import { images } from "./image-loader.js"

export default { output: "export", images: imageConfig(images.sizes, "./image-loader.js") }

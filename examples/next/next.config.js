import { imageConfig } from "imgtailor/next"

import { images } from "./images.js"

export default { output: "export", images: imageConfig(images.sizes, "./image-loader.js") }

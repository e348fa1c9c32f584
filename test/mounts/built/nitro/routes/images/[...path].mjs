import { fromNodeMiddleware } from "h3"
import { toNodeListener } from "imgtailor/node"

import { tailor } from "../../images.mjs"

export default fromNodeMiddleware(toNodeListener(tailor))

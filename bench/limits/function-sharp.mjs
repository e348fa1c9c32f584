// The limit for a function's start: it loads sharp and nothing else.
import { createRequire } from "node:module"

createRequire(import.meta.url)("sharp")

export const handler = async () => ({ statusCode: 204, headers: {}, body: "", isBase64Encoded: false })

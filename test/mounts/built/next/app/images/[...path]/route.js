import { tailor } from "../../../images.mjs"

export const dynamic = "force-dynamic"

export const GET = (request) => tailor.fetch(request)
export const HEAD = GET

import { tailor } from "../images.server.mjs"

export const loader = ({ request }) => tailor.fetch(request)

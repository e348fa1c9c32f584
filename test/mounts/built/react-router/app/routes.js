import { index, route } from "@react-router/dev/routes"

export default [
  index("routes/page.jsx"),
  route("images/*", "routes/images.js"),
  route("healthz", "routes/healthz.js"),
  route("boom", "routes/boom.js"),
]

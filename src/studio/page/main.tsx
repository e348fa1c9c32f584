/** Entry point of the studio's page. */
import { render } from "preact"

import { App } from "./shell/app.tsx"
import { start } from "./shell/start.ts"

const root = document.querySelector("#app")
if (root) {
  void start()
  render(<App />, root)
}

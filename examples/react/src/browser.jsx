import { StrictMode } from "react"
import { hydrateRoot } from "react-dom/client"

import { Page } from "./page.jsx"

hydrateRoot(
  document.querySelector("#root"),
  <StrictMode>
    <Page gallery={JSON.parse(document.querySelector("#data").textContent)} />
  </StrictMode>,
)

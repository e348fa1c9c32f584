import { mergeApplicationConfig } from "@angular/core"
import { bootstrapApplication, type BootstrapContext } from "@angular/platform-browser"
import { provideServerRendering, RenderMode, withRoutes } from "@angular/ssr"

import { config } from "./config"
import { Page } from "./page"

const server = provideServerRendering(withRoutes([{ path: "**", renderMode: RenderMode.Prerender }]))
const bootstrap = (context: BootstrapContext) =>
  bootstrapApplication(Page, mergeApplicationConfig(config, { providers: [server] }), context)

export default bootstrap

import { IMAGE_LOADER } from "@angular/common"
import type { ApplicationConfig } from "@angular/core"
import { provideClientHydration } from "@angular/platform-browser"
import { createLoader } from "imgtailor/angular"

import { settings } from "./photos"

export const config: ApplicationConfig = {
  providers: [provideClientHydration(), { provide: IMAGE_LOADER, useValue: createLoader(settings) }],
}

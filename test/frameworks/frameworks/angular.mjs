// Angular: NgOptimizedImage with the loader and the inputs of imgtailor/angular, rendered while the site is built and hydrated.
import { cp, readFile, rename } from "node:fs/promises"
import { join } from "node:path"

import { optionsOf, withSizes } from "../cases.mjs"

const PAGE = `import { afterNextRender, ChangeDetectionStrategy, Component } from "@angular/core"

import cases from "./cases.json"
import { Photo } from "./photo"

@Component({
  selector: "app-root",
  imports: [Photo],
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: \`
    @for (one of images; track one.id) {
      <div [class]="'box-' + one.id"><app-photo [original]="one.key" [options]="one.options" [alt]="one.id" /></div>
    }
  \`,
})
export class Page {
  readonly images = cases as readonly any[]
  constructor() {
    afterNextRender(() => setTimeout(() => (document.documentElement.dataset["hydrated"] = "")))
  }
}
`

const reasonOf = ({ element, withoutInfo, shape }) => {
  if (element === "picture") return "NgOptimizedImage prints no sources"
  return withoutInfo && !shape.includes("x") ? "an uncropped photo without info: no space is reserved" : undefined
}

/** @type {import("../run.mjs").Framework} */
export const angular = {
  name: "angular",
  title: "Angular",
  node: 20,
  package: "@angular/core",
  example: "example/",
  hydrates: true,
  cannot: reasonOf,
  build: async ({ folder, write, run, baseUrl, sizes, cases, css }) => {
    const edit = async (path, change) => write(path, change(await readFile(join(folder, path), "utf8")))
    const [first, second, ...others] = cases
    await edit("src/photos.ts", (text) => text.replace("http://localhost:3000", baseUrl))
    await edit("src/page.ts", (text) =>
      text
        .replace("bowl-2077/front.jpg", first.key)
        .replace("vase-1042/front.jpg", second.key)
        .replace("missing.jpg", others[0].key),
    )
    await write("src/photos.json", JSON.stringify({ [first.key]: first.info, [second.key]: second.info }))
    await run("ng", ["build"])
    await rename(join(folder, "dist"), join(folder, "example"))
    await edit("src/photos.ts", (text) => withSizes(text, sizes))
    // The component displays described photos only; that of a case without info is passed as is.
    await edit("src/photo.ts", (text) =>
      text
        .replace('[alt]="alt()"', '[alt]="\'\'" [attr.data-case]="alt()"')
        .replace("this.original() in settings.infos", "true"),
    )
    const images = cases.map((one) => ({ id: one.id, key: one.key, options: optionsOf(one) }))
    await write("src/cases.json", JSON.stringify(images))
    await write("src/page.ts", PAGE)
    await edit("src/index.html", (text) => text.replace("</style>", () => `</style><style>${css}</style>`))
    // Only the development build reports differences from the page of the server, and images that are used wrongly.
    await run("ng", ["build", "--configuration", "development"], { env: { NODE_ENV: "development" } })
    await cp(join(folder, "example"), join(folder, "dist/example"), { recursive: true })
  },
  serve: async ({ serveFolder }) => `${await serveFolder("dist")}/`,
}

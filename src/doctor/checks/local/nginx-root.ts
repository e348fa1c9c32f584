/** Responsible for the check that nginx serves the folder in which this configuration stores renditions. */
import { resolve } from "node:path"

import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const nginxRoot: Check<LocalContext> = {
  name: "nginx-root",
  probe: "compare the root of nginx's configuration with the folder of the renditions",
  applies: ({ nginxText, renditionsFolder }) => nginxText !== undefined && renditionsFolder !== undefined,
  examine: ({ nginxText = "", renditionsFolder = "", originalsFolder }) => {
    const roots = Array.from(nginxText.matchAll(/^\s*root\s+"?([^";]+)"?;/gm), ([, path = ""]) => resolve(path.trim()))
    const expected = resolve(renditionsFolder, "files")
    const meaning = "nginx never finds a stored rendition, so every hit goes through imgtailor."
    const fix = `Set root ${expected}; or print the configuration again with imgtailor nginx.`
    if (originalsFolder !== undefined && roots.includes(resolve(originalsFolder)))
      return failure({
        observation: `root is the folder of the originals, ${originalsFolder}.`,
        meaning: "nginx publishes the originals with their metadata.",
        fix,
      })
    if (roots.includes(expected)) return passed(`root is ${expected}.`)
    return failure({ observation: `root is ${roots.join(", ") || "not set"}, not ${expected}.`, meaning, fix })
  },
}

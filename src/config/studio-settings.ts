/** Responsible for the rows of the studio in the table of settings. */
import type { SettingGroup } from "./setting.ts"

/** Settings of the web interface of `serve`. */
export const STUDIO_SETTINGS: SettingGroup = {
  heading: "Studio",
  settings: [
    {
      path: ["studio"],
      kind: "boolean",
      description:
        "Serve the studio below `<base path>/_studio/`: a web interface with the photos, explanations of URLs, live requests and settings. `serve` prints its URL with a token. See docs/studio.md.",
      default: "`false`; `true` with `--demo`",
    },
    {
      path: ["studioWrite"],
      kind: "boolean",
      description:
        "Let the studio save focal points to the file of the setting `focalPoints`, or to its object beside the renditions.",
      default: "`false`",
    },
    {
      path: ["studioHosts"],
      kind: "list",
      description:
        "Host names under which browsers open the studio, such as `images.example.com` behind a proxy. `localhost`, IP addresses and the setting `host` are always accepted.",
      default: "none",
    },
  ],
}

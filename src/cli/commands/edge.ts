/** Responsible for `imgtailor edge`: prints the CloudFront functions, for users with an existing distribution. */
import { Option } from "commander"

import { edgeResponseSource, edgeSource } from "../../aws/edge/source.ts"
import { resolveConfig } from "../../config/resolve.ts"
import type { Command } from "../command.ts"
import { NO_LOCATIONS, settingOptions, settingsFromOptions } from "../options.ts"

const NEEDED: ReadonlySet<string> = new Set("sizes formats retired unknownSize sharedStore basePath".split(" "))

/** `imgtailor edge`. */
export const edge: Command = {
  description:
    "Print the CloudFront function that rejects unlisted sizes and negotiates formats (JavaScript runtime 2.0).",
  options: settingOptions(
    (name) => NEEDED.has(name),
    [new Option("--response", "Print the function for viewer responses, which adds headers, instead.")],
  ),
  example: "imgtailor edge --sizes 360x270,480h,1280w > edge.js",
  run: async (invocation) => {
    const settings = await settingsFromOptions(invocation)
    if (invocation.values["response"] === true) return void process.stdout.write(edgeResponseSource())
    const config = resolveConfig({ ...settings, ...NO_LOCATIONS }, { directory: process.cwd(), threads: 4 })
    process.stdout.write(await edgeSource(config))
  },
}

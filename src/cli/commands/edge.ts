/** `imgtailor edge`: the source of the function for CloudFront, for a distribution of one's own. */
import type { ArgsDef } from "citty"

import { edgeResponseSource, edgeSource } from "../../aws/edge/source.ts"
import { resolveConfig } from "../../config/resolve.ts"
import { NO_PLACES, optionsFromArguments, settingArguments } from "../arguments.ts"
import type { Command } from "../main.ts"

const args: ArgsDef = {
  response: {
    type: "boolean",
    default: false,
    description: "The function for viewer responses, which adds headers, rather than the one for viewer requests.",
  },
  ...settingArguments(({ path: [name] }) => ["sizes", "formats", "retired", "sharedStore", "basePath"].includes(name)),
}

export const edge: Command = {
  examples: [
    "imgtailor edge --sizes 360x270,480h,1280w > edge.js",
    "imgtailor edge --config imgtailor.config.ts > edge.js",
    "imgtailor edge --response > edge-response.js",
  ],
  description: "Print the function for CloudFront that refuses what is not listed and negotiates (runtime 2.0).",
  args,
  run: async (values) => {
    const options = await optionsFromArguments(values, args)
    if (values["response"] === true) return void process.stdout.write(edgeResponseSource())
    const config = resolveConfig({ ...options, ...NO_PLACES }, { directory: process.cwd(), threads: 4 })
    process.stdout.write(await edgeSource(config))
  },
}

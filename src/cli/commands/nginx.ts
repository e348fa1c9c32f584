/** Responsible for `imgtailor nginx`: prints the configuration of nginx for the configured list. */
import { resolve } from "node:path"

import { Option } from "commander"

import { resolveConfig } from "../../config/resolve.ts"
import { badConfig } from "../../errors.ts"
import { nginxText } from "../../nginx/server-block.ts"
import { asFolder } from "../../store/registry.ts"
import type { Command } from "../command.ts"
import { NO_LOCATIONS, settingOptions, settingsFromOptions, textOf } from "../options.ts"
import { printNotices } from "../output.ts"

const NEEDED: ReadonlySet<string> = new Set(
  "renditions sizes formats retired unknownSize basePath cacheControl compat compatOrigins host port".split(" "),
)

const OWN: readonly Option[] = [
  new Option("--listen <port>", "Port, host and port, or socket on which nginx listens.").default("80"),
  new Option("--server-name <host>", "Host name of the server.").default("images.example.com"),
]

/** @throws {bad-config} the renditions are not in a folder */
const folderOf = (renditions: unknown): string => {
  if (renditions === undefined) return "/var/cache/imgtailor"
  const folder = asFolder(renditions)
  if (folder === undefined) throw badConfig(["renditions: Expected a folder: nginx serves files only."])
  return resolve(folder)
}

/** @throws {bad-config} for a value that would end the line of the configuration */
const plain = (name: string, text: string): string => {
  if (!/^[^\s;{}"'\\#$]+$/.test(text))
    throw badConfig([`${name}: Expected a value for nginx, got ${JSON.stringify(text)}.`])
  return text
}

/** `imgtailor nginx`. */
export const nginx: Command = {
  description: "Print the configuration of nginx that serves stored renditions and forwards requests for others.",
  options: settingOptions(
    (name) => NEEDED.has(name),
    OWN.map((option) => option.helpGroup("nginx:")),
  ),
  example: "imgtailor nginx --sizes 360x270,480h,1280w --renditions /var/cache/imgtailor > imgtailor.conf",
  run: async (invocation) => {
    const { values } = invocation
    const settings = await settingsFromOptions(invocation, process.env)
    const environment = { directory: process.cwd(), threads: 4, readsAssets: false }
    const config = resolveConfig({ ...settings, ...NO_LOCATIONS }, environment)
    printNotices(config.notices)
    const host = config.host.includes(":") ? `[${config.host}]` : config.host
    process.stdout.write(
      nginxText({
        ...config,
        renditions: plain("renditions", folderOf(settings["renditions"])),
        upstream: `${host}:${config.port}`,
        listen: plain("--listen", textOf(values, "listen") ?? "80"),
        serverName: plain("--server-name", textOf(values, "serverName") ?? "images.example.com"),
      }),
    )
  },
}

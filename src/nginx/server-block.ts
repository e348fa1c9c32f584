/** Responsible for the configuration of nginx in front of `imgtailor serve`, for a list of sizes (`imgtailor nginx`). */
import type { ServiceName } from "../compat/names.ts"
import { SERVICES } from "../compat/services.ts"
import { COMMON_HEADERS } from "../http/headers.ts"
import type { Grammar } from "../sizes/key.ts"
import { toGroups } from "./groups.ts"
import { type Alias, cacheMap, mapsText } from "./maps.ts"
import { quoted, quotedRegex } from "./text.ts"

/** The settings that the configuration of nginx depends on. */
export interface NginxOptions {
  readonly grammar: Pick<Grammar, "sizes" | "formats">
  readonly basePath: string
  readonly cacheControl: string
  readonly compat: readonly ServiceName[]
  /** Folder of the renditions. */
  readonly renditions: string
  /** `host:port` of imgtailor. */
  readonly upstream: string
  /** @default 80 */
  readonly listen: string
  /** Host name of the server. */
  readonly serverName: string
}

/** Lines that forward a request as the client sent it: without a URI after the upstream's name. */
const FORWARD = [`proxy_pass http://imgtailor;`, "proxy_http_version 1.1;", `proxy_set_header Connection "";`]

/** nginx uses the last extension, in upper or lower case: photo.jpg.avif is image/avif. */
const TYPES = `        types {
            image/jpeg         jpg jpeg jpe jfif;
            image/png          png apng;
            image/gif          gif;
            image/webp         webp;
            image/avif         avif;
            application/json   json;
        }
`

const headText = ({ grammar, renditions }: NginxOptions): string => {
  const list = grammar.sizes.map(({ name }) => name).join(", ")
  return `# nginx serves the stored renditions and forwards requests for missing ones to imgtailor. Printed by \`imgtailor nginx\`.
# Sizes: ${list}
#
#   imgtailor serve /srv/photos --renditions ${renditions} --watch
#
# Both need the same settings: print this file again when the list changes. \`--watch\` is required: nginx does not compare a rendition with
# its original, so stale files must be deleted when an original changes. For the same reason there is no \`open_file_cache\`. Do not point
# \`root\` at a shared store, or nginx would serve the originals.
#
# Copy this file to /etc/nginx/conf.d/imgtailor.conf. In a server with other content, keep \`^~\` in the location: without it, a regular
# expression such as \`location ~* \\.(jpg|png)$\` for static files takes precedence and answers 404.
`
}

const upstreamText = ({ upstream }: NginxOptions): string => `upstream imgtailor {
    server ${upstream};
    keepalive 16;
}
`

const aliasesOf = ({ grammar }: NginxOptions): readonly Alias[] =>
  grammar.sizes.flatMap(({ name, aliases = [] }) => aliases.map((alias) => ({ alias, name })))

const headersText = (cacheControl: string): string => {
  const names: Readonly<Record<string, string>> = {
    "Cache-Control": cacheControl,
    ...Object.fromEntries(
      Object.entries(COMMON_HEADERS).map(([name, text]) => [
        titleCase(name),
        /^[\w*-]+$/.test(text) ? text : quoted(text),
      ]),
    ),
    Vary: "$imgtailor_vary",
  }
  return Object.entries(names)
    .map(([name, text]) => `        add_header ${name} ${text};\n`)
    .join("")
}

const titleCase = (name: string): string => name.replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())

/** URLs of other services outside the base path are forwarded, too. */
const compatText = ({ compat, basePath }: NginxOptions): string => {
  if (basePath === "" || compat.length === 0) return ""
  const regexes = compat.flatMap((name) => SERVICES[name].paths ?? [])
  const blocks = regexes.map(
    (regex) => `
    location ~ ${quotedRegex(regex.source.replaceAll("\\/", "/"))} {
        ${FORWARD.join("\n        ")}
    }
`,
  )
  const open = compat.filter((name) => SERVICES[name].paths === undefined).map((name) => SERVICES[name].title)
  const note = `
    # Every URL below ${basePath}/ can be one of ${open.join(", ")}.
`
  return `
    # URLs of other services. Keep these above other regular expressions: the first that matches counts.${blocks.join("")}${open.length > 0 ? note : ""}`
}

/** The text of the configuration file. */
export const nginxText = (options: NginxOptions): string => {
  const { basePath, cacheControl, grammar, listen, serverName, renditions } = options
  const groups = toGroups(grammar, cacheControl)
  const lifetimes = cacheMap(groups, cacheControl)
  const maps = mapsText({ basePath, groups }, aliasesOf(options))
  return `${headText(options)}
${upstreamText(options)}
${maps}${lifetimes === undefined ? "" : `\n${lifetimes}`}
server {
    listen ${listen};
    server_name ${serverName};
    root ${renditions}/files;

    location ^~ ${basePath}/ {
        try_files $imgtailor_file @imgtailor;
        # The file was deleted after try_files found it.
        error_page 404 = @imgtailor;

        # If it is lighter, an .avif or .webp holds a WebP, PNG or GIF: browsers decode by content.
        # nginx uses the last extension, in upper or lower case: photo.jpg.avif is image/avif.
${TYPES}
        # The same headers as imgtailor sends.
${headersText(lifetimes === undefined ? quoted(cacheControl) : "$imgtailor_cache_control")}        # Shows that nginx served the file. imgtailor sends its own Cache-Status.
        add_header Cache-Status "nginx; hit";
    }
${compatText(options)}
    # Without a URI after the upstream's name, the URL is forwarded as the client sent it.
    location @imgtailor {
        ${FORWARD.join("\n        ")}
    }
}
`
}

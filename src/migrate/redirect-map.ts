/**
 * Responsible for the map of nginx that `imgtailor migrate --nginx` prints: from the path and query of each old URL to its new path.
 *
 * nginx compares strings of a map without regard to case. URLs that differ only in case are therefore written as regular expressions.
 */
import type { MappedUrl, Survey } from "./survey.ts"

/** The part that nginx has in `$request_uri`. */
const targetOf = (url: string): string => url.replace(/^\/\/[^/]*/, "")

const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`

const escapeRegex = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, (character) => `\\${character}`)

const HEAD = `# Redirects for nginx. Copy it to /etc/nginx/conf.d/, and add to the server that has the old URLs:
#
#   if ($imgtailor_new_url) { return 301 $imgtailor_new_url; }

map_hash_max_size 65536;
map_hash_bucket_size 1024;

map $request_uri $imgtailor_new_url {
    default "";
`

/** Characters that would end or change a line of the configuration. */
const isPrintable = (text: string): boolean => /^[\x21-\x7e]+$/.test(text) && text.length < 900

/** The text in pieces. */
export async function* redirectMap({ mapped }: Pick<Survey, "mapped">): AsyncGenerator<string> {
  yield HEAD
  for await (const batch of mapped()) yield linesOf(batch)
  yield "}\n"
}

/** New URLs by path and query. There are several if two hosts are of different services. */
const newUrlsOf = (batch: readonly MappedUrl[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const targets = new Map<string, Set<string>>()
  for (const { url, newUrl } of batch) {
    const target = targetOf(url)
    if (newUrl !== undefined && isPrintable(target)) targets.set(target, (targets.get(target) ?? new Set()).add(newUrl))
  }
  return targets
}

const linesOf = (batch: readonly MappedUrl[]): string => {
  const targets = newUrlsOf(batch)
  const alike = new Map<string, number>()
  for (const target of targets.keys()) {
    const name = target.toLowerCase()
    alike.set(name, (alike.get(name) ?? 0) + 1)
  }
  const lines = [...targets].map(([target, [newUrl = "", ...others]]) => {
    if (others.length > 0)
      return `    # ${target} has another new URL for each host: ${[newUrl, ...others].join(", ")}. Add the one of this server.\n`
    const isAlone = alike.get(target.toLowerCase()) === 1
    return `    ${isAlone ? quote(target) : quote(`~^${escapeRegex(target)}$`)} ${quote(newUrl)};\n`
  })
  return lines.join("")
}

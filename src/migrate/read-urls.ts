/** Responsible for finding URLs in any of the accepted inputs: access logs, sitemaps, feeds, pages, and files with one URL on each line. */
import { createLogParser, type LoggedRequest } from "../logs/access-log.ts"
import { readText } from "../logs/read-text.ts"
import { SRCSET_CANDIDATE } from "../logs/srcset.ts"

/** A URL that was found. */
export interface FoundUrl {
  /** Raw path and query. */
  readonly target: string
  /** Lower case. */
  readonly host?: string | undefined
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["amp", "&"],
  ["lt", "<"],
  ["gt", ">"],
  ["quot", '"'],
  ["apos", "'"],
  ["#38", "&"],
  ["#038", "&"],
  ["#x26", "&"],
])

const unescapeEntities = (text: string): string =>
  text.includes("&") ? text.replaceAll(/&(#?\w+);/g, (all, name: string) => ENTITIES.get(name) ?? all) : text

const ABSOLUTE = /^(?:https?:)?\/\/([^/?#\s]+)([^#\s]*)/i

/** The parts of a URL, or of a path. Undefined for a text that is neither. */
export const toFound = (text: string, host?: string): FoundUrl | undefined => {
  const [, authority, rest = ""] = ABSOLUTE.exec(text) ?? []
  if (authority !== undefined)
    return { host: authority.toLowerCase().replace(/:\d+$/, ""), target: rest.startsWith("/") ? rest : `/${rest}` }
  return text.startsWith("/") ? { target: /^[^#\s]*/.exec(text)?.[0] ?? text, host } : undefined
}

/** URLs in a piece of XML or HTML, which begins after a `<`: the text of `loc`, and the attributes that have URLs of images. */
const inTag = (piece: string): readonly string[] => {
  const [, text] =
    /^(?:[\w-]+:)?(?:loc|url|link)>\s*([^\s<]+)/.exec(piece) ?? /^!\[CDATA\[\s*([^\s\]]+)/.exec(piece) ?? []
  const found = text === undefined ? [] : [text]
  for (const [, name = "", , value = ""] of piece.matchAll(
    /\s(src|srcset|data-src|href|url|content|poster)=(["'])(.*?)\2/g,
  )) {
    if (name === "srcset") for (const [, url = ""] of value.matchAll(SRCSET_CANDIDATE)) found.push(url)
    else found.push(value)
  }
  return found.map(unescapeEntities)
}

/** Requests that were answered count; errors do not. */
const isAnswered = ({ method, status = 200 }: LoggedRequest): boolean =>
  (method === "GET" || method === "HEAD") && status < 400

const inLine = (line: string, parse: ReturnType<typeof createLogParser>): FoundUrl | undefined => {
  const text = line.trim()
  if (/^(?:https?:)?\/\S*$/i.test(text)) return toFound(text)
  const request = parse(line)
  return request && isAnswered(request) ? toFound(request.target, request.host) : undefined
}

/**
 * All URLs of an input, in batches.
 * @throws {Error} the input cannot be read
 */
export async function* readUrls(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly FoundUrl[]> {
  const parse = createLogParser()
  for await (const { kind, pieces } of readText(chunks)) {
    const found: FoundUrl[] = []
    for (const piece of pieces) {
      const urls = kind === "tags" ? inTag(piece).map((text) => toFound(text)) : [inLine(piece, parse)]
      for (const url of urls) if (url) found.push(url)
    }
    yield found
  }
}

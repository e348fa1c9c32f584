/** Responsible for code to paste: one photo in a page, for each kind of project. The client computes it, as pages do. */
import { createClient } from "../client/client.ts"
import { badUrl, originalNotFound } from "../errors.ts"
import type { Info } from "../sizes/info.ts"
import type { Grammar, OriginalKey } from "../sizes/key.ts"
import { type Size, sizeNamed, toSizeInput } from "../sizes/list.ts"
import { sizesOfShape } from "../sizes/snap.ts"
import type { Snippet, Snippets } from "./api.ts"
import { keyOf } from "./draft-request.ts"
import { refuse, replyJson } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"
import { frameworkSnippets } from "./snippet-frameworks.ts"
import { type LanguageInput, phpSnippet, pythonSnippet, rubySnippet } from "./snippet-languages.ts"
import { attributesHtml, tag } from "./snippet-text.ts"

const clientOf = (baseUrl: string, { sizes, formats }: Pick<Grammar, "sizes" | "formats">) =>
  createClient({ baseUrl, sizes: sizes.map(toSizeInput), formats })

type Client = ReturnType<typeof clientOf>

/** Everything that snippets are made from. */
interface Input {
  readonly key: OriginalKey
  readonly size: Size
  readonly info: Info
  /** Host of the images, with their base path. */
  readonly base: string
  readonly client: Client
  /** The photo in this size. */
  readonly img: ReturnType<Client["img"]>
  /** The sizes of the `srcset`: a page needs no others. */
  readonly shapes: readonly Size[]
}

/** A base URL of a page: an origin, or nothing. */
const BASE = /^(?:https?:\/\/[a-z0-9._:[\]-]+)?$/i

const htmlSnippets = ({ key, size, info, client }: Input): readonly Snippet[] => {
  const options = { shape: size.name, info, placeholder: false }
  const { sources, img } = client.picture(key, options)
  const attributes = { ...img, alt: "" }
  const picture = [...sources.map((source) => tag("source", { ...source })), tag("img", attributes)]
  return [
    { id: "html-img", title: "HTML <img>", language: "html", code: `${tag("img", attributes)}\n` },
    {
      id: "html-picture",
      title: "HTML <picture>",
      language: "html",
      code: `<picture>\n${picture.map((line) => `  ${line}\n`).join("")}</picture>\n`,
    },
  ]
}

const languageSnippets = ({ key, size, info, base, client, img, shapes }: Input): readonly Snippet[] => {
  const { src: _, srcset, loading, decoding, ...others } = img
  const candidates = client
    .candidates(key, { shape: size.name, info })
    .map(({ url, width }) => ({ url, descriptor: width === undefined ? "1x" : `${width}w` }))
  const named = candidates.flatMap(({ url, descriptor }) => {
    const found = shapes.find((shape) => client.url(key, shape.name) === url)
    return found && srcset.includes(url) ? [{ size: found.name, descriptor }] : []
  })
  const language: LanguageInput = {
    key,
    base,
    candidates: named,
    size: size.name,
    attributes: attributesHtml({ ...others, loading, decoding, alt: "" }),
  }
  return [
    { id: "php", title: "PHP", language: "php", code: phpSnippet(language) },
    { id: "python", title: "Python", language: "python", code: pythonSnippet(language) },
    { id: "ruby", title: "Ruby", language: "ruby", code: rubySnippet(language) },
  ]
}

/** `GET api/snippets`. */
export const createSnippetsRoute =
  ({ tailor }: RouteParts): Route =>
  async ({ query, signal }) => {
    const { grammar } = tailor.core
    const key = keyOf(query.get("key"))
    if (key === undefined) throw badUrl("Expected the key of an original.")
    const size = sizeNamed(query.get("size") ?? "", grammar.sizes)
    if (!size) return refuse(400, "size-not-allowed", "Expected the name of a listed size.")
    const origin = query.get("base") ?? ""
    if (!BASE.test(origin)) return refuse(400, "bad-request", "Expected an origin like https://img.example.com.")
    if (!(await tailor.originals.head(key, { signal }))) throw originalNotFound(key)
    const info = await tailor.info(key, { signal })
    const base = `${origin}${tailor.config.basePath}`
    const client = clientOf(base, grammar)
    const img = client.img(key, { shape: size.name, info, placeholder: false })
    const shapes = sizesOfShape(size, grammar.sizes)
    const input: Input = { key, size, info, base, client, img, shapes }
    const { src, srcset, sizes, width, height } = img
    const scripts = frameworkSnippets({
      original: key,
      shape: size.name,
      info,
      base,
      sizes: shapes.map(toSizeInput),
      formats: grammar.formats,
    })
    const snippets = [...htmlSnippets(input), ...scripts, ...languageSnippets(input)]
    return replyJson({ snippets, img: { src, srcset, sizes, width, height } } satisfies Snippets)
  }

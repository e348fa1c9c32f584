/** Responsible for what a person pastes to be explained: a URL, a URL path, or the key of an original. */

/** A request target, or a text that may be the key of an original. */
export type ExplainInput = { readonly target: string } | { readonly key: string }

const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

/**
 * Reads a pasted text. The path is not changed: parsing a URL would resolve dot segments and escape characters, which the server sees
 * otherwise.
 * @example
 * readInput("https://img.example.com/shop/640w/bag.jpg?v=2#top") // { target: "/shop/640w/bag.jpg?v=2" }
 * readInput("shop/bag.jpg") // { key: "shop/bag.jpg" }
 */
export const readInput = (text: string): ExplainInput => {
  const trimmed = text.trim()
  const host = ABSOLUTE.exec(trimmed)?.[0]
  if (host === undefined && !trimmed.startsWith("/")) return { key: trimmed }
  const target = trimmed.slice(host?.length ?? 0).replace(/#.*/s, "")
  return { target: target.startsWith("/") ? target : `/${target}` }
}

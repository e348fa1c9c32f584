/**
 * Responsible for the routes of the page as fragments of its URL: `#/photos?prefix=shop/`.
 *
 * Invariants:
 * - `parseRoute` and `formatRoute` are inverses.
 * - A token is a fragment without a slash at its beginning, so it is never a route.
 */

/** Parts of the view of one photo. */
export const PHOTO_TABS = ["sizes", "compare", "quality", "code", "preview", "focal"] as const
/** See {@link PHOTO_TABS}. */
export type PhotoTab = (typeof PHOTO_TABS)[number]

/** A place in the page. */
export type Route =
  | { readonly view: "photos"; readonly prefix: string; readonly after: string }
  | {
      readonly view: "photo"
      readonly key: string
      readonly tab: PhotoTab
      readonly size: string
      readonly format: string
    }
  | { readonly view: "explain"; readonly target: string; readonly accept: string }
  | { readonly view: "live" }
  | { readonly view: "settings"; readonly tab: "values" | "list" }

/** The route without a fragment. */
export const HOME: Route = { view: "photos", prefix: "", after: "" }

const isTab = (text: string): text is PhotoTab => (PHOTO_TABS as readonly string[]).includes(text)

/** The route of a fragment; {@link HOME} for any other text. */
export const parseRoute = (fragment: string): Route => {
  const [path = "", query = ""] = fragment.replace(/^#?\//, "").split("?", 2)
  const values = new URLSearchParams(query)
  const read = (name: string): string => values.get(name) ?? ""
  if (path === "photo" && read("key")) {
    const tab = read("tab")
    return { view: path, key: read("key"), tab: isTab(tab) ? tab : "sizes", size: read("size"), format: read("format") }
  }
  if (path === "explain") return { view: path, target: read("target"), accept: read("accept") }
  if (path === "live") return { view: path }
  if (path === "settings") return { view: path, tab: read("tab") === "list" ? "list" : "values" }
  return { view: "photos", prefix: read("prefix"), after: read("after") }
}

const DEFAULT_TABS: ReadonlySet<string> = new Set(["sizes", "values"])

/** The fragment of a route, for `href`. Default values are left out. */
export const formatRoute = ({ view, ...values }: Route): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value && !(name === "tab" && DEFAULT_TABS.has(value))) query.set(name, value)
  const text = query.toString()
  return `#/${view}${text && `?${text}`}`
}

/** The token in a fragment; undefined for a route. */
export const tokenIn = (fragment: string): string | undefined => {
  const text = fragment.replace(/^#/, "")
  return text === "" || text.startsWith("/") ? undefined : text
}

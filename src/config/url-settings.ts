/** Responsible for the rows of URLs and caching in the table of settings. */
import { SERVICE_NAMES } from "../compat/names.ts"
import type { SettingGroup } from "./setting.ts"

/** Settings of URLs and of the lifetimes of responses. */
export const URL_SETTINGS: SettingGroup = {
  heading: "URLs and caching",
  settings: [
    {
      path: ["basePath"],
      kind: "text",
      hint: "path",
      description: "URL path prefix, like `/img`.",
      default: "none",
    },
    {
      path: ["unknownSize"],
      kind: "text",
      hint: "reject|snap",
      description:
        "How to handle an unlisted size: `reject` answers 400, `snap` answers the nearest suitable listed size.",
      default: "`reject`",
    },
    {
      path: ["whenBusy"],
      kind: "text",
      hint: "nearest|refuse",
      description:
        "Answer to a request for an image while the server is busy and another size of the photo is stored: the `nearest` size, or 503 with `refuse`.",
      default: "`nearest`",
    },
    {
      path: ["staleRecipe"],
      kind: "text",
      hint: "serve|render",
      description:
        "Answer to a request for a stored rendition by older settings: `serve` sends it at once and renders it again in the background, `render` renders first. The functions on AWS always render.",
      default: "`serve`",
    },
    {
      path: ["compat"],
      kind: "list",
      description: `Services whose URLs are accepted, too: ${SERVICE_NAMES.join(", ")}. See docs/migrate.md.`,
      default: "none",
    },
    {
      path: ["compatOrigins"],
      kind: "pairs",
      hint: "place=prefix",
      description:
        "Where the originals of other services are among ours: `shop.example.com=shop/` for a host, `/wp-content/uploads=` for a URL path.",
      default: "none",
    },
    {
      path: ["compatKeys"],
      kind: "pairs",
      hint: "service=key",
      description:
        "Keys of signatures: `thumbor=<key>`, `imgproxy=<hex key>:<hex salt>`. Without a key, signatures are not verified.",
      default: "none",
    },
    {
      path: ["cacheControl"],
      kind: "text",
      hint: "header",
      description: "`Cache-Control` header of renditions.",
      default: "`public, max-age=3600, s-maxage=31536000`",
    },
    {
      path: ["cacheTags"],
      kind: "boolean",
      description:
        "Send `Cache-Tag`, `CDN-Tag` and `Surrogate-Key` with the tag of the original, by which a CDN can purge all of its renditions.",
      default: "`false`",
    },
    {
      path: ["notify"],
      kind: "text",
      hint: "url",
      description: "URL that receives changed originals as JSON by POST, to purge a CDN.",
      default: "none",
    },
    {
      path: ["notifyHeaders"],
      kind: "object",
      hint: "json",
      description: "Headers of requests to `notify`, as a JSON object.",
      default: "none",
    },
    {
      path: ["recheckSeconds"],
      kind: "number",
      hint: "seconds",
      description: "How long to trust a known version of an original before checking again; 0 checks on every request.",
      default: "60 for URLs, else 0",
    },
    {
      path: ["staleIfErrorSeconds"],
      kind: "number",
      hint: "seconds",
      description:
        "How long a stored rendition may be served while the store of the originals is unavailable (RFC 5861); 0 for never.",
      default: "86 400",
    },
  ],
}

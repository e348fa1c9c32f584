/**
 * Responsible for the table of all settings that can be given as text. Command-line options, environment variables, `--help` and
 * docs/settings.md are made from it.
 */

import { SERVICE_NAMES } from "../compat/names.ts"
import { LIMIT_SETTINGS } from "./limit-settings.ts"
import { MONITORING_SETTINGS } from "./monitoring-settings.ts"
import type { Setting, SettingGroup } from "./setting.ts"

/** Every setting: common ones first, limits last. */
export const SETTING_GROUPS: readonly SettingGroup[] = [
  {
    heading: "Options",
    settings: [
      {
        path: ["originals"],
        kind: "location",
        hint: "folder",
        description:
          "Folder of the original images, a URL (`s3://bucket/prefix`, `https://host/path`, `azure://account/container/prefix`, `gs://bucket/prefix`), or a JSON object with one for each prefix of keys. Only read, never written.",
        default: "none",
      },
      {
        path: ["renditions"],
        kind: "text",
        hint: "folder",
        description:
          "Folder for the resized images, or a URL (`s3://bucket/prefix`, `azure://account/container/prefix`, `gs://bucket/prefix`).",
        default: "`.imgtailor` beside the configuration file, else in the working directory",
      },
      {
        path: ["sizes"],
        kind: "list",
        description:
          "Allowed sizes: `360x270` crops, `1280w` sets the width, `480h` the height. 1 to 8192 pixels per side. Options of a size: docs/sizes.md.",
        default: "none",
      },
      {
        path: ["formats"],
        kind: "list",
        description: "Output formats besides the original's own, preferred ones first: avif, webp, jpeg, png, gif.",
        default: "`avif,webp`",
      },
      {
        path: ["quality"],
        kind: "quality",
        description: "1 to 100, for all lossy formats or for each: `jpeg=80,webp=75`.",
        default: "`jpeg=80,webp=80,avif=65`",
      },
      {
        path: ["watch"],
        kind: "boolean",
        description: "Delete stale renditions as soon as an original changes, so that nginx can serve the files.",
        default: "`false`",
      },
      {
        path: ["host"],
        kind: "text",
        hint: "host",
        description: "Host name or IP to listen on.",
        default: "`127.0.0.1`",
      },
      {
        path: ["port"],
        kind: "number",
        description: "Port to listen on; 0 picks a free one.",
        default: "`3000`",
      },
      {
        path: ["drainMs"],
        kind: "number",
        hint: "ms",
        description: "How long to keep accepting requests after SIGTERM, while `/readyz` already answers 503.",
        default: "0",
      },
      {
        path: ["logLevel"],
        kind: "text",
        hint: "level",
        description: "Log only requests and messages of this level and above: info, warn or error.",
        default: "`info`",
      },
    ],
  },
  MONITORING_SETTINGS,
  {
    heading: "Images",
    settings: [
      {
        path: ["exclude"],
        kind: "list",
        description:
          "Glob patterns of originals that are not served, like `drafts/**`. Dot folders and dot files without an image extension are excluded, too, unless a pattern with `!` allows them: `!.well-known/**`. `**/.*` excludes every dot file.",
        default: "none",
      },
      {
        path: ["background"],
        kind: "text",
        hint: "colour",
        description: "Background for transparent pixels in formats without transparency.",
        default: "`#ffffff`",
      },
      {
        path: ["focalPoints"],
        kind: "text",
        hint: "file",
        description:
          'JSON file with the focal points of photos, for sizes with `gravity: "smart"`: `{ "shop/mug.jpg": [0.4, 0.3] }`. On S3, the metadata `focal-point` of an object is used, too.',
        default: "none",
      },
      {
        path: ["missing"],
        kind: "text",
        hint: "key|file",
        description:
          "Picture for images whose original is absent or damaged: the key of an original, or a file like `./placeholder.jpg`. It is sent in the requested size, with the status of the error.",
        default: "none",
      },
      {
        path: ["retired", "sizes"],
        kind: "list",
        description: "Sizes that were removed from the list: rejected, but still purged.",
        default: "none",
      },
      {
        path: ["retired", "formats"],
        kind: "list",
        description: "Formats that were removed from the list: rejected, but still purged.",
        default: "none",
      },
    ],
  },
  {
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
          "Send `Cache-Tag` and `Surrogate-Key` with the tag of the original, by which a CDN can purge all of its renditions.",
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
        description:
          "How long to trust a known version of an original before checking again; 0 checks on every request.",
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
  },
  {
    heading: "Storage",
    settings: [
      {
        path: ["sharedStore"],
        kind: "boolean",
        description: "Allow originals and renditions in the same folder or bucket.",
        default: "`false`",
      },
      {
        path: ["originalsHeaders"],
        kind: "object",
        hint: "json",
        description:
          'Headers of requests for originals at `https://` URLs, as a JSON object: `{"authorization":"Bearer …"}`.',
        default: "none",
      },
      {
        path: ["s3Endpoint"],
        kind: "text",
        hint: "url",
        description: "S3-compatible server for `s3://` URLs, such as R2 or MinIO.",
        default: "Amazon S3",
      },
      {
        path: ["s3Region"],
        kind: "text",
        hint: "region",
        description: "Region of `s3://` URLs.",
        default: "`AWS_REGION`, else `AWS_DEFAULT_REGION`; with an endpoint `us-east-1`, on R2 `auto`",
      },
      {
        path: ["s3PathStyle"],
        kind: "boolean",
        description: "Put the bucket name into the URL path rather than the host name.",
        default: "`true` with an endpoint, or for a bucket name with dots",
      },
    ],
  },
  LIMIT_SETTINGS,
]

/** Every setting, in the order of the groups. */
export const SETTINGS: readonly Setting[] = SETTING_GROUPS.flatMap(({ settings }) => settings)

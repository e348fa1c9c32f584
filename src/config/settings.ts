/**
 * Responsible for the table of all settings that can be given as text. Command-line options, environment variables, `--help` and
 * docs/settings.md are made from it.
 */

import { LIMIT_SETTINGS } from "./limit-settings.ts"
import { MONITORING_SETTINGS } from "./monitoring-settings.ts"
import type { Setting, SettingGroup } from "./setting.ts"
import { STUDIO_SETTINGS } from "./studio-settings.ts"
import { URL_SETTINGS } from "./url-settings.ts"

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
  STUDIO_SETTINGS,
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
        hint: "file|url",
        description:
          'JSON file, or object like `s3://renditions/focal-points.json`, with the focal points of photos, for sizes with `gravity: "smart"`: `{ "shop/mug.jpg": [0.4, 0.3] }`. An object is read again after `recheckSeconds`, or each minute if that is 0. On S3, the metadata `focal-point` of an object is used, too.',
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
        description:
          "Sizes that were removed from the list. They are rejected, and purging an original still deletes its renditions in them.",
        default: "none",
      },
      {
        path: ["retired", "formats"],
        kind: "list",
        description:
          "Formats that were removed from the list. They are rejected, and purging an original still deletes its renditions in them.",
        default: "none",
      },
    ],
  },
  URL_SETTINGS,
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

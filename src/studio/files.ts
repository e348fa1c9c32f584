/** Responsible for the files of the page. They hold no secret: a client without a session gets the page, with a field for the token. */
import { readdirSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { extname, join } from "node:path"
import { fileURLToPath } from "node:url"

import { refuse, reply, type StudioReply, type StudioRequest } from "./reply.ts"

/** `dist/studio/page`, for the compiled code and for its sources in `src/`. */
const FOLDER = fileURLToPath(
  new URL(import.meta.url.includes("/src/studio/") ? "../../dist/studio/page/" : "./page/", import.meta.url),
)

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
}

/** Names of files with a hash in them do not change. */
const isHashed = (name: string): boolean => /[-.][A-Za-z0-9_-]{8,}\.\w+$/.test(name)

const acceptsBrotli = ({ header }: StudioRequest): boolean => /\bbr\b/.test(header("accept-encoding") ?? "")

/** Returns the file of a path below `_studio/`; undefined for a path without a file. */
export type GetFile = (request: StudioRequest) => Promise<StudioReply | undefined>

/** @param folder of the built page; a `.br` beside a file is sent to browsers that accept it */
export const createFiles = (folder: string = FOLDER): GetFile => {
  /** Only these names are read, so no path leads elsewhere. */
  let names: ReadonlySet<string> | undefined
  const list = (): ReadonlySet<string> => {
    try {
      return (names ??= new Set(readdirSync(folder)))
    } catch {
      return new Set()
    }
  }

  return async (request) => {
    const name = request.path === "" ? "index.html" : request.path
    const contentType = CONTENT_TYPES[extname(name)]
    if (contentType === undefined || !list().has(name))
      return request.path === "" ? refuse(503, "not-found", "The page of the studio is not built.") : undefined
    const isCompressed = acceptsBrotli(request) && list().has(`${name}.br`)
    const bytes = await readFile(join(folder, isCompressed ? `${name}.br` : name))
    return reply(200, contentType, bytes, {
      "cache-control": isHashed(name) ? "private, max-age=31536000, immutable" : "no-cache",
      vary: "accept-encoding",
      ...(isCompressed && { "content-encoding": "br" }),
    })
  }
}

/** Responsible for the requests to imgtailor's own URLs in access logs. */
import { badConfig, describeError } from "../errors.ts"
import { decodeUrlPath, withoutQuery } from "../http/url-path.ts"
import { createLogParser } from "../logs/access-log.ts"
import { readText } from "../logs/read-text.ts"
import type { Grammar } from "../sizes/key.ts"

/** A request for an image or a description, whether its size is listed or not. */
export interface OwnRequest {
  /** Raw path and query. */
  readonly target: string
  /** Decoded, with a slash at its end; empty for the root. */
  readonly directory: string
  /** The second-to-last segment. */
  readonly size: string
  readonly file: string
  readonly status: number | undefined
}

const ABSOLUTE = /^https?:\/\/[^/]+/i

const toRequest = (
  target: string,
  status: number | undefined,
  basePath: string,
  limits: Pick<Grammar, "maxBytes">,
): OwnRequest | undefined => {
  const path = withoutQuery(target.replace(ABSOLUTE, ""))
  const segments = decodeUrlPath(path, basePath, limits)
  if ("refused" in segments || segments.length < 2) return undefined
  const [size = "", file = ""] = segments.slice(-2)
  const directory = segments
    .slice(0, -2)
    .map((segment) => `${segment}/`)
    .join("")
  return { target: path, directory, size, file, status }
}

/**
 * The requests of an access log, or of a file with one URL path in each line.
 * @throws {Error} the input cannot be read
 */
async function* readOwnRequests(
  chunks: AsyncIterable<Uint8Array>,
  basePath: string,
  limits: Pick<Grammar, "maxBytes">,
): AsyncGenerator<OwnRequest> {
  const parse = createLogParser()
  for await (const { pieces } of readText(chunks)) {
    for (const line of pieces) {
      const text = line.trim()
      const isUrl = /^(?:https?:\/\/[^/\s]+)?\/\S*$/i.test(text)
      const logged = isUrl ? { method: "GET", target: text, status: undefined } : parse(line)
      if (!logged || (logged.method !== "GET" && logged.method !== "HEAD")) continue
      const request = toRequest(logged.target, logged.status, basePath, limits)
      if (request) yield request
    }
  }
}

/** Calls back with each request in some logs. @throws {bad-config} a log cannot be read, or its gzip is damaged */
export type OwnReader = (
  files: readonly string[],
  basePath: string,
  onRequest: (request: OwnRequest) => void,
) => Promise<void>

/** Longer URLs than those of any store. */
const LIMITS: Pick<Grammar, "maxBytes"> = { maxBytes: { segment: 1024, key: 1024 } }

/** @param open reads a file */
export const createOwnReader = (open: (file: string) => AsyncIterable<Uint8Array>): OwnReader => {
  async function* requestsIn(file: string, basePath: string): AsyncGenerator<OwnRequest> {
    try {
      yield* readOwnRequests(open(file), basePath, LIMITS)
    } catch (error) {
      throw badConfig([`${file}: cannot read this log: ${describeError(error)}`])
    }
  }
  return async (files, basePath, onRequest) => {
    for (const file of files) for await (const request of requestsIn(file, basePath)) onRequest(request)
  }
}

/** Responsible for nginx in tests: finding it, the rest of a configuration, and requests that are sent exactly as written. */
import { once } from "node:events"
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"

import type { TestContext } from "vitest"

import type { Running } from "./command.ts"
import { findTools } from "./tools.ts"

/** The nginx of this machine. Without one the test is skipped, or fails where tests must not be skipped. */
export const findNginx = (context: TestContext): string =>
  findTools("nginx")?.nginx ?? context.skip("nginx was not found")

/** A response. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Options of a request. @default a GET */
export interface GetOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

/** Requests a URL path exactly as written. */
export type Get = (path: string, options?: GetOptions) => Promise<Reply>

/** Returns a function that sends requests to a port or a Unix socket. */
export const getFrom =
  (place: { readonly socketPath: string } | { readonly port: string }): Get =>
  async (path, { method = "GET", headers = {}, body: sent } = {}) => {
    const outgoing = request({ ...place, path, method, headers, agent: false }).end(sent)
    const [response] = (await once(outgoing, "response")) as [IncomingMessage]
    const body = await buffer(response)
    return { status: response.statusCode ?? 0, headers: response.headers, body }
  }

/** A whole configuration around the example. nginx runs as one process, so that ending it ends everything. */
export const wholeConfig = (folder: string, example: string): string => `
  daemon off;
  master_process off;
  pid ${folder}/pid;
  error_log stderr warn;
  events {}
  http {
    access_log off;
    ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n    ")}
    ${example}
  }
`

/** Waits until a server accepts connections. */
export const waitUntilUp = async (get: Get, server: Running): Promise<void> => {
  for (;;) {
    const isUp = await get("/healthz").then(
      () => true,
      () => false,
    )
    if (isUp) return
    const end = await Promise.race([sleep(10), server.ended])
    if (end !== undefined) throw new Error(`nginx ended (${end}):\n${server.stderr()}`)
  }
}

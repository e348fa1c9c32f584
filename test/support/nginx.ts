/** nginx for tests: finding it, what a configuration has around what is tested, and asking it for addresses exactly as they are written. */
import { once } from "node:events"
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http"
import { buffer } from "node:stream/consumers"
import { setTimeout as wait } from "node:timers/promises"

import type { TestContext } from "vitest"

import type { Running } from "./command.ts"
import { findTools } from "./tools.ts"

/** The nginx of this machine; without one the test is skipped here, and fails where tests must not be skipped. */
export const findNginx = (context: TestContext): string =>
  findTools("nginx")?.nginx ?? context.skip("nginx was not found")

/** What came back. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Of a request; a GET without these. */
export interface AskOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
}

/** Asks for an address exactly as it is written. */
export type Ask = (path: string, options?: AskOptions) => Promise<Reply>

/** Asks whoever listens there. */
export const askAt =
  (place: { readonly socketPath: string } | { readonly port: string }): Ask =>
  async (path, { method = "GET", headers = {}, body: sent } = {}) => {
    const asked = request({ ...place, path, method, headers, agent: false }).end(sent)
    const [response] = (await once(asked, "response")) as [IncomingMessage]
    const body = await buffer(response)
    return { status: response.statusCode ?? 0, headers: response.headers, body }
  }

/** What a whole configuration has around the example; one process, so that its end is the end of all of it. */
export const whole = (folder: string, example: string): string => `
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
export const untilUp = async (ask: Ask, server: Running): Promise<void> => {
  for (;;) {
    const isUp = await ask("/healthz").then(
      () => true,
      () => false,
    )
    if (isUp) return
    const end = await Promise.race([wait(10), server.ended])
    if (end !== undefined) throw new Error(`nginx ended (${end}):\n${server.stderr()}`)
  }
}

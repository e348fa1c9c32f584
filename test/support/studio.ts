/** Responsible for a server with the studio, and a client with its session. */
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { onTestFinished } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorOptions } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { closeServer, createNodeServer } from "../../src/server/node.ts"
import { createStudio, type Studio } from "../../src/studio/studio.ts"
import { filesBelow, temporaryFolder } from "./folders.ts"
import { createPhotos, type Photos } from "./server.ts"

export interface RunningStudio extends Photos {
  readonly port: number
  readonly origin: string
  readonly studio: Studio
  readonly token: string
  /** Requests to images: those to the studio are not among them. */
  readonly reports: readonly RequestReport[]
  readonly notices: readonly string[]
  /** Sends a request without a session. The path is below `_studio/`. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** Sends a request with a session; a body is sent as JSON with the page's origin. */
  readonly call: (method: string, route: string, body?: unknown) => Promise<Response>
  readonly json: <T>(route: string) => Promise<T>
  readonly stored: () => Promise<readonly string[]>
}

export interface StudioTestOptions extends Partial<TailorOptions> {
  readonly isOpen?: boolean
}

/** Starts a server with the studio on a free port. It is closed at the end of the test. */
export const startStudio = async ({ isOpen = false, ...options }: StudioTestOptions = {}): Promise<RunningStudio> => {
  const photos = await createPhotos()
  const renditions = await temporaryFolder()
  const reports: RequestReport[] = []
  const notices: string[] = []
  const given = {
    originals: photos.folder,
    renditions,
    sizes: ["60x45", "80w"],
    isolation: "none",
    ...options,
  } as const
  const config = resolveConfig(given, environment())
  const tailor = openTailor(config, {
    onRequest: (report) => {
      reports.push(report)
      studio.observe(report)
    },
  })
  const studio = createStudio({
    tailor,
    isOpen,
    version: "1.2.3",
    effective: { config, file: undefined, sources: [{ origin: "option", options: given }] },
    port: () => (server.address() as AddressInfo).port,
    onNotice: (text) => notices.push(text),
  })
  const server = createNodeServer(tailor, { intercept: studio.intercept })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(async () => {
    studio.close()
    await closeServer(server, 0)
    await Promise.race([tailor.idle(), sleep(500)])
    await tailor.close()
  })
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const token = studio.path.split("#")[1] ?? ""
  const send: RunningStudio["fetch"] = (path, init) => fetch(`${origin}${config.basePath}/_studio/${path}`, init)
  let cookie: string | undefined
  const headersOf = async (): Promise<Record<string, string>> => {
    if (cookie === undefined && !isOpen) {
      const response = await send("api/session", {
        method: "POST",
        headers: { origin, "content-type": "application/json" },
        body: JSON.stringify({ token }),
      })
      cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? ""
    }
    return { ...(cookie !== undefined && { cookie }) }
  }
  const call: RunningStudio["call"] = async (method, route, body) => {
    const headers = await headersOf()
    if (method === "GET") return send(`api/${route}`, { headers })
    return send(`api/${route}`, {
      method,
      headers: { ...headers, origin, "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  }
  return {
    ...photos,
    port,
    origin,
    studio,
    token,
    reports,
    notices,
    fetch: send,
    call,
    json: async <T>(route: string) => (await call("GET", route)).json() as Promise<T>,
    stored: async () => {
      await tailor.idle()
      return filesBelow(`${renditions}/files`)
    },
  }
}

/** Responsible for `imgtailor serve`: the server for development and production. */
import { readFileSync } from "node:fs"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { Argument, Option } from "commander"

import { missingAdvice } from "../../config/load.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig } from "../../errors.ts"
import type { Metrics } from "../../metrics/metrics.ts"
import { metricsOnly, withMetrics } from "../../metrics/serve-metrics.ts"
import { descriptorNotice } from "../../server/descriptors.ts"
import { createLog, type Log } from "../../server/log.ts"
import { closeServer, createNodeServer } from "../../server/node.ts"
import { createConflictNotes, keepMarker } from "../../server/settings-marker.ts"
import { untilSignal } from "../../server/signals.ts"
import { keepTidy } from "../../server/tidy.ts"
import type { Studio } from "../../studio/studio.ts"
import { checkStores } from "../check-stores.ts"
import type { Command, Values } from "../command.ts"
import { openStudio } from "../open-studio.ts"
import { JSON_OPTION, loadWithOrigins, settingOptions } from "../options.ts"
import { bold, cyan, keepWithoutReader, print, printJson } from "../output.ts"
import { type Closable, startWatches } from "../start-watches.ts"

/** How long shutting down may take beyond the deadline of the last request. */
const GRACE_MS = 5000
/** How long renders may finish when shutting down. Slow ones are ended at once. */
const RENDER_GRACE_MS = 3000
/** Time after listening for the first requests, before the introduction looks for originals. */
const FIRST_MS = 20
/** Time between two notices about refused connections. */
const DROP_NOTICE_MS = 60_000

/** @throws {bad-config} where the server cannot listen */
const listen = async (
  server: ReturnType<typeof createNodeServer>,
  host: string,
  port: number,
): Promise<AddressInfo> => {
  await new Promise<void>((done, fail) => {
    server.once("error", fail)
    server.listen(port, host, () => done())
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE")
      throw badConfig([`port: ${port} is already in use. Choose another port with --port; 0 picks a free one.`])
    throw badConfig([`host: Cannot listen on ${host}:${port}: ${error.message}`])
  })
  return server.address() as AddressInfo
}

const urlOf = ({ address, port, family }: AddressInfo, basePath: string): string => {
  const host = address === "0.0.0.0" || address === "::" ? "localhost" : family === "IPv6" ? `[${address}]` : address
  return `http://${host}:${port}${basePath}`
}

/** Notices about connections that the system has no descriptors for. */
const reportDrops = (server: Server, log: Log): void => {
  let dueMs = 0
  server.on("drop", () => {
    if (performance.now() < dueMs) return
    dueMs = performance.now() + DROP_NOTICE_MS
    log.note(`Connections are refused: ${server.maxConnections} are open, which is the limit.`, "warn")
  })
}

const readVersion = (): string => {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8")
  return (JSON.parse(text) as { readonly version: string }).version
}

const openMetrics = async (tailor: OpenTailor): Promise<Metrics> => {
  const { createMetrics } = await import("../../metrics/metrics.ts")
  const { health, storeStates, core, config } = tailor
  return createMetrics({
    health,
    stores: storeStates,
    slots: core.slotState,
    limits: config.limits,
    version: readVersion(),
  })
}

type Observe = Log["request"]

/** Passes each request on to all that observe requests. */
const observeAll = (observers: readonly (Observe | undefined)[]): Observe => {
  const [first, ...others] = observers.filter((observe) => observe !== undefined)
  if (!first || others.length === 0) return first ?? (() => {})
  return (report) => {
    first(report)
    for (const observe of others) observe(report)
  }
}

/** Prints the introduction. It never holds up the server. */
const startIntroduction = async (
  tailor: OpenTailor,
  { url, studio }: { readonly url: string; readonly studio: Studio | undefined },
  log: Log,
  isJson: boolean,
): Promise<void> => {
  try {
    const studioUrl = studio && url + studio.path
    if (studioUrl !== undefined && !isJson) print(`${bold("Studio:")} ${cyan(studioUrl)}\n`)
    await sleep(FIRST_MS)
    const { introduce, printIntroduction } = await import("../introduction.ts")
    const introduction = await introduce(tailor, url)
    if (isJson) printJson({ ...introduction, studio: studioUrl })
    else printIntroduction(introduction)
  } catch (error) {
    log.error(error, "could not look for example originals")
  }
}

const logNotices = ({ config }: OpenTailor, problems: readonly string[], log: Log): void => {
  for (const problem of problems) log.note(problem, "warn")
  const notice = descriptorNotice()
  if (notice !== undefined) log.note(notice, "warn")
  const advice = config.isolation === "none" ? missingAdvice(config) : undefined
  for (const text of [...config.notices, ...(advice === undefined ? [] : [advice])]) log.note(text)
}

/** Ends a server: `/readyz` answers 503 at once, requests that arrive until the port closes are answered, and no response is truncated. */
const shutDown = async (tailor: OpenTailor, server: Server, watches: readonly Closable[], log: Log): Promise<void> => {
  const { health, renderer, config } = tailor
  health.setPhase("draining")
  const watchesClosed = watches.map((watch) => watch.close())
  if (config.drainMs > 0) {
    log.note(`Draining: still accepting requests for ${config.drainMs} ms.`)
    await sleep(config.drainMs)
  }
  log.note("Shutting down; finishing in-flight requests.")
  renderer.drain()
  tailor.core.renewals.clear()
  const limit = setTimeout(() => void tailor.close(), RENDER_GRACE_MS)
  await closeServer(server, config.limits.deadlineMs + GRACE_MS)
  await Promise.race([Promise.all([...watchesClosed, tailor.idle()]), sleep(GRACE_MS)])
  clearTimeout(limit)
  await tailor.close()
  await log.flush()
}

/** @throws {bad-config} where the argument contradicts --originals or --demo */
const checkFolder = (folder: string | undefined, { originals, demo }: Values): string | undefined => {
  if (demo === true && (folder ?? originals) !== undefined)
    throw badConfig([`--demo: Expected no folder beside it, got ${JSON.stringify(folder ?? originals)}.`])
  if (folder === undefined) return undefined
  if (originals !== undefined && resolve(String(originals)) !== resolve(folder))
    throw badConfig([
      `originals: Expected one folder, got ${JSON.stringify(folder)} as the argument and ${JSON.stringify(originals)} by --originals.`,
    ])
  return folder
}

/** Settings of the first argument, or of the demo. */
const overridesOf = async (folder: string | undefined, values: Values): Promise<Readonly<Record<string, unknown>>> => {
  if (values["demo"] === true) return (await import("../demo.ts")).demoOptions(process.cwd(), values)
  return folder === undefined ? {} : { originals: folder }
}

/** Serves the metrics on a separate port. */
const listenForMetrics = async (server: Server, config: OpenTailor["config"], log: Log): Promise<void> => {
  const address = await listen(server, config.host, config.metricsPort ?? 0)
  log.note(`Metrics at ${urlOf(address, "/metrics")}`)
}

/** `imgtailor serve`. */
export const serve: Command = {
  description: "Serve a folder or bucket of images in every listed size. Each is rendered when it is first requested.",
  argument: new Argument("[folder]", "Folder of the original images, or s3://bucket/prefix."),
  options: settingOptions(
    () => true,
    [
      new Option("--demo", "Serve generated images instead of a folder, in the sizes 360x270,480h,640w,1280w."),
      JSON_OPTION,
    ],
  ),
  example: "imgtailor serve ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const folder = checkFolder(operands[0], values)
    const isDemo = values["demo"] === true
    const effective = await loadWithOrigins(invocation, await overridesOf(folder, values))
    const { config } = effective
    keepWithoutReader()
    const ended = untilSignal()
    const { logLevel: level, logFormat: format, logHits: hits, logQueries: queries } = config
    const log = createLog(process.stderr, { level, format, hits, queries })
    const conflicts = createConflictNotes(log.note)
    const tailor = openTailor(config, { onRequest: (report) => onRequest(report), onNotice: conflicts.onNotice })
    const metrics = config.metrics ? await openMetrics(tailor) : undefined
    const port = (): number => (server.address() as AddressInfo | null)?.port ?? config.port
    const studio = await openStudio({ tailor, effective, isDemo, readVersion, log, port })
    const onRequest = observeAll([metrics?.observe, log.request, studio?.observe])
    tailor.health.setPhase("starting")
    tailor.health.addPart("log", () => ({ droppedLines: log.dropped() }))
    const isBeside = metrics !== undefined && config.metricsPort === undefined
    const server = createNodeServer(isBeside ? { handle: withMetrics(tailor.handle, metrics) } : tailor, {
      intercept: studio?.intercept,
    })
    const metricsServer = metrics && !isBeside ? createNodeServer({ handle: metricsOnly(metrics) }) : undefined
    reportDrops(server, log)
    const url = urlOf(await listen(server, config.host, config.port), config.basePath)
    // Hits need no check. `/readyz` answers 503 until it has succeeded.
    const problems = await checkStores(tailor)
    if (metricsServer) await listenForMetrics(metricsServer, config, log)
    // A render process that starts takes as much CPU as this one: the first hits go before it. A first miss starts one at once.
    await sleep(FIRST_MS)
    await tailor.renderer.ready().catch((error: unknown) => {
      server.close()
      throw error
    })
    tailor.health.setPhase("ready")
    const watches = await startWatches(tailor, log)
    logNotices(tailor, problems, log)
    void startIntroduction(tailor, { url, studio }, log, values["json"] === true)
    const tidy = async (): Promise<void> => tailor.renditions.tidy?.()
    keepMarker(config, conflicts)
    keepTidy(tidy, (error) => log.error(error, "could not remove abandoned temporary files"))

    await ended
    studio?.close()
    await shutDown(tailor, server, watches, log)
    metricsServer?.closeAllConnections()
    process.exit(0)
  },
}

/** Responsible for `imgtailor serve`: the server for development and production. */
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { Argument, Option } from "commander"

import { missingAdvice } from "../../config/load.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig, describeError } from "../../errors.ts"
import { createLog, type Log } from "../../server/log.ts"
import { closeServer, createNodeServer } from "../../server/node.ts"
import { keepTidy } from "../../server/tidy.ts"
import type { Watch, WatchOptions } from "../../server/watch.ts"
import { encodeKey, formatKey, type OriginalKey } from "../../sizes/key.ts"
import { checkStores } from "../check-stores.ts"
import type { Command, Values } from "../command.ts"
import { JSON_OPTION, loadFromOptions, settingOptions } from "../options.ts"
import { bold, cyan, dim, print, printJson } from "../output.ts"

/** Number of example URLs. */
const SHOWN = 3
/** How long shutting down may take beyond the deadline of the last request. */
const GRACE_MS = 5000
/** How long renders may finish when shutting down. Slow ones are ended at once. */
const RENDER_GRACE_MS = 3000
/** Time after listening for the first requests: the introduction loads sharp, which blocks the event loop. */
const FIRST_MS = 20

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

/** One URL for each of the first sizes, of existing originals. */
const sampleUrls = ({ core }: OpenTailor, originals: readonly OriginalKey[], base: string): readonly string[] =>
  core.grammar.sizes.slice(0, SHOWN).flatMap((size, at) => {
    const original = originals[at % originals.length]
    return original === undefined ? [] : [`${base}/${encodeKey(formatKey({ original, size, format: undefined }))}`]
  })

interface Introduction {
  readonly url: string
  readonly urls: readonly string[]
  readonly img: string | undefined
  readonly originals: string
  readonly renditions: string
  /** Why the originals could not be listed. */
  readonly problem: string | undefined
}

const introduce = async (tailor: OpenTailor, url: string): Promise<Introduction> => {
  const { findOriginals, imageTag } = await import("../sample.ts")
  const { originals, renditions } = tailor.config
  let problem: string | undefined
  const found = await findOriginals(tailor.originals, SHOWN).catch((error: unknown) => {
    // A bucket that may not be listed can still be served. Any other problem is reported by every request.
    problem = describeError(error)
    return []
  })
  return {
    url,
    urls: sampleUrls(tailor, found, url),
    img: found[0] && (await imageTag(tailor, found[0], url)),
    originals: typeof originals === "string" ? originals : originals.name,
    renditions: typeof renditions === "string" ? renditions : renditions.name,
    problem,
  }
}

const printIntroduction = ({ url, urls, img, originals, renditions, problem }: Introduction): void => {
  print(`${bold("imgtailor")} serves ${originals} at ${url}\n`)
  for (const example of urls) print(`  ${cyan(example)}`)
  if (problem !== undefined) print(`  The originals cannot be listed: ${problem}`)
  else if (urls.length === 0) print(`  No images found yet. URLs have the form ${url}/<folder>/<size>/<file>`)
  if (img) print(`\n${dim("HTML:")}\n${img}`)
  print(`\nRenditions are stored in ${renditions}`)
}

const startWatch = (tailor: OpenTailor, log: Log): Promise<Watch> | undefined => {
  const { watch, originals, renditions, limits } = tailor.config
  if (!watch) return undefined
  if (typeof originals !== "string") throw badConfig(["watch: Expected originals in a folder."])
  const options: WatchOptions = {
    originals,
    renditions:
      typeof renditions === "string" && renditions !== originals ? renditions : resolve(originals, ".imgtailor"),
    longestRenderMs: limits.deadlineMs,
    onError: (error) => log.error(error, "watching the originals failed"),
    onPurge: (original, count) =>
      log.note(`${original} changed: ${count} stale ${count === 1 ? "rendition" : "renditions"} deleted`),
  }
  const watching = import("../../server/watch.ts").then(({ watchOriginals }) => watchOriginals(tailor.core, options))
  watching.then(
    () => log.note("Watching the originals for changes."),
    (error: unknown) => log.error(error, "watching the originals failed"),
  )
  return watching
}

/** Resolves on the first SIGTERM or SIGINT. A second one ends the process at once. */
const untilAskedToEnd = (): Promise<void> =>
  new Promise((done) => {
    let isAsked = false
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (isAsked) process.exit(1)
        isAsked = true
        done()
      })
    }
  })

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

/** `imgtailor serve`. */
export const serve: Command = {
  description: "Serve a folder or bucket of images in every listed size. Each is rendered when it is first requested.",
  argument: new Argument("[folder]", "Folder of the original images, or s3://bucket/prefix."),
  options: [
    ...settingOptions(() => true),
    new Option("--demo", "Serve generated images instead of a folder, in the sizes 360x270,480h,640w,1280w."),
    JSON_OPTION,
  ],
  example: "imgtailor serve ./photos --sizes 360x270,480h,1280w",
  run: async (invocation) => {
    const { values, operands } = invocation
    const folder = checkFolder(operands[0], values)
    const overrides =
      values["demo"] === true
        ? await (await import("../demo.ts")).demoOptions(process.cwd(), values)
        : { ...(folder !== undefined && { originals: folder }) }
    const config = await loadFromOptions(invocation, overrides)
    const log = createLog(process.stderr)
    const tailor = openTailor(config, { onRequest: log.request, onNotice: log.note })
    const problems = await checkStores(tailor)
    const server = createNodeServer(tailor)
    const ended = untilAskedToEnd()
    tailor.renderer.prepare()
    const url = urlOf(await listen(server, config.host, config.port), config.basePath)
    await tailor.renderer.ready().catch((error: unknown) => {
      server.close()
      throw error
    })
    await sleep(FIRST_MS)
    const introduction = await introduce(tailor, url)
    if (values["json"]) printJson(introduction)
    else printIntroduction(introduction)
    for (const problem of problems) log.note(problem, "warn")
    const advice = config.isolation === "none" ? missingAdvice(config) : undefined
    for (const notice of [...config.notices, ...(advice === undefined ? [] : [advice])]) log.note(notice)
    const watching = startWatch(tailor, log)
    const tidy = async (): Promise<void> => tailor.renditions.tidy?.()
    keepTidy(tidy, (error) => log.error(error, "could not remove abandoned temporary files"))

    await ended
    log.note("Shutting down; finishing in-flight requests.")
    tailor.renderer.drain()
    const limit = setTimeout(() => void tailor.close(), RENDER_GRACE_MS)
    await closeServer(server, config.limits.deadlineMs + GRACE_MS)
    await (await watching)?.close()
    await Promise.race([tailor.idle(), sleep(GRACE_MS)])
    clearTimeout(limit)
    await tailor.close()
    await log.flush()
    process.exit(0)
  },
}

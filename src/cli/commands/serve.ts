/** `imgtailor serve`: the main job as a command. */
import type { AddressInfo } from "node:net"
import { resolve } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import type { ArgsDef } from "citty"

import { missingAdvice } from "../../config/load.ts"
import { openTailor, type OpenTailor } from "../../create-tailor.ts"
import { badConfig } from "../../errors.ts"
import { createLog, type Log } from "../../server/log.ts"
import { closeServer, createNodeServer } from "../../server/node.ts"
import { keepTidy } from "../../server/tidy.ts"
import type { Watch, WatchOptions } from "../../server/watch.ts"
import { encodeKey, formatKey, type OriginalKey } from "../../sizes/key.ts"
import { isS3Url } from "../../store/s3/place.ts"
import { JSON_ARGUMENT, loadFromArguments, settingArguments, type Values } from "../arguments.ts"
import type { Command } from "../main.ts"
import { bold, cyan, dim, print, printJson } from "../output.ts"

/** How many addresses are shown. */
const SHOWN = 3
/** What an orderly end may take beyond the deadline of the last request. */
const GRACE_MS = 5000
/** Left after listening for whoever has waited for that: the introduction needs the image library, whose import holds the process. */
const FIRST_MS = 20

const args: ArgsDef = {
  folder: { type: "positional", required: false, description: "Folder of the original photos, or s3://bucket/prefix." },
  ...settingArguments(),
  demo: {
    type: "boolean",
    description: "Without a folder: serve photos made on the spot, in sizes 360x270,480h,640w,1280w.",
  },
  ...JSON_ARGUMENT,
}

/** Listens, or says why it cannot. */
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
      throw badConfig([`port: ${port} is taken. Choose another with --port, or 0 for any free one.`])
    throw badConfig([`host: Cannot listen on ${host}:${port}: ${error.message}`])
  })
  return server.address() as AddressInfo
}

const urlOf = ({ address, port, family }: AddressInfo, basePath: string): string => {
  const host = address === "0.0.0.0" || address === "::" ? "localhost" : family === "IPv6" ? `[${address}]` : address
  return `http://${host}:${port}${basePath}`
}

/** One address for each of the first sizes, of photos of the user's own. */
const sampleAddresses = ({ core }: OpenTailor, photos: readonly OriginalKey[], base: string): readonly string[] =>
  core.grammar.sizes.slice(0, SHOWN).flatMap((size, at) => {
    const original = photos[at % photos.length]
    return original === undefined ? [] : [`${base}/${encodeKey(formatKey({ original, size, format: undefined }))}`]
  })

interface Introduction {
  readonly url: string
  readonly addresses: readonly string[]
  readonly img: string | undefined
  readonly originals: string
  readonly renditions: string
  /** Why no photos could be listed. */
  readonly problem: string | undefined
}

/** In one line. */
const reasonOf = (error: unknown): string => {
  const told = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return told instanceof Error ? told.message : String(told)
}

const introduce = async (tailor: OpenTailor, url: string): Promise<Introduction> => {
  const { findPhotos, imageTag, listPhotos } = await import("../sample.ts")
  const { originals, renditions } = tailor.config
  const isFolder = typeof originals === "string" && !isS3Url(originals)
  let problem: string | undefined
  const photos = isFolder
    ? await findPhotos(originals, SHOWN)
    : await listPhotos(tailor.originals, SHOWN).catch((error: unknown) => {
        // Who may not list may still serve; anything else that is wrong, every request will say again.
        problem = reasonOf(error)
        return []
      })
  return {
    url,
    addresses: sampleAddresses(tailor, photos, url),
    img: photos[0] && (await imageTag(tailor, photos[0], url)),
    originals: typeof originals === "string" ? originals : originals.name,
    renditions: typeof renditions === "string" ? renditions : renditions.name,
    problem,
  }
}

const printIntroduction = ({ url, addresses, img, originals, renditions, problem }: Introduction): void => {
  print(`${bold("imgtailor")} serves ${originals} at ${url}\n`)
  for (const address of addresses) print(`  ${cyan(address)}`)
  if (problem !== undefined) print(`  Its photos could not be listed: ${problem}`)
  else if (addresses.length === 0)
    print(`  No photo was found in it yet. An address is ${url}/<directory>/<size>/<file>`)
  if (img) print(`\n${dim("For a page:")}\n${img}`)
  print(`\nRenditions are kept in ${renditions}`)
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
    () => log.note("Watching the originals."),
    (error: unknown) => log.error(error, "watching the originals failed"),
  )
  return watching
}

/** Resolves with the first signal that asks for an end; a second one ends at once. */
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

/** The argument, where there is one. @throws {bad-config} where --originals names another */
const folderOf = ({ folder, originals }: Values): string | undefined => {
  if (folder === undefined) return undefined
  if (originals !== undefined && resolve(String(originals)) !== resolve(String(folder)))
    throw badConfig([
      `originals: Expected one place, got ${JSON.stringify(folder)} as the argument and ${JSON.stringify(originals)} by --originals.`,
    ])
  return String(folder)
}

export const serve: Command = {
  examples: [
    "imgtailor serve ./photos --sizes 360x270,480h,1280w --port 3000",
    "imgtailor serve ./photos --sizes 360x270,1280w --renditions /var/cache/imgtailor --watch",
    "imgtailor serve s3://shop-photos --renditions s3://shop-renditions --sizes 360x270,1280w --s3-region eu-central-1",
    "imgtailor serve --demo",
  ],
  description: "Serve a folder or a bucket of photos in every listed size, each made when it is first asked for.",
  args,
  run: async (values) => {
    const folder = folderOf(values)
    const isDemo = values["demo"] === true && folder === undefined && values["originals"] === undefined
    const given = isDemo
      ? await (await import("../demo.ts")).demoOptions(process.cwd(), values)
      : folder === undefined
        ? {}
        : { originals: folder }
    const { config } = await loadFromArguments(values, args, given)
    const log = createLog(process.stderr)
    const tailor = openTailor(config, { onRequest: log.request, onNotice: log.note })
    const server = createNodeServer(tailor)
    const ended = untilAskedToEnd()
    const url = urlOf(await listen(server, config.host, config.port), config.basePath)
    await sleep(FIRST_MS)
    const introduction = await introduce(tailor, url)
    if (values["json"]) printJson(introduction)
    else printIntroduction(introduction)
    for (const notice of [...config.notices, ...missingAdvice(config.limits.renders)]) log.note(notice)
    const watching = startWatch(tailor, log)
    const tidy = async (): Promise<void> => tailor.renditions.tidy?.()
    keepTidy(tidy, (error) => log.error(error, "drafts that killed writers left could not be cleared away"))

    await ended
    log.note("Ending: running requests are answered first.")
    await closeServer(server, config.limits.deadlineMs + GRACE_MS)
    await (await watching)?.close()
    await Promise.race([tailor.idle(), sleep(GRACE_MS)])
    await log.flush()
    process.exit(0)
  },
}

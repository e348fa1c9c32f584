/** Responsible for watching the originals of a server: each folder among its sources. */
import { resolve } from "node:path"

import type { OpenTailor } from "../create-tailor.ts"
import { badConfig } from "../errors.ts"
import type { Log } from "../server/log.ts"
import type { Watch } from "../server/watch.ts"
import type { FocalPoints } from "../store/focal-points.ts"
import { asFolder } from "../store/registry.ts"
import { isSourceList } from "../store/sources.ts"
import { counted } from "../units.ts"

/** A watch that is running. */
export type Closable = Pick<Watch, "close">

interface WatchedFolder {
  readonly folder: string
  readonly prefix: string
}

/** The folders among the originals. Those of other sources are noticed when they are requested. */
const foldersOf = ({ originals }: OpenTailor["config"]): readonly WatchedFolder[] => {
  const sources = isSourceList(originals) ? originals : [{ prefix: "", location: originals }]
  return sources.flatMap(({ prefix, location }) => {
    const folder = asFolder(location)
    return folder === undefined ? [] : [{ folder, prefix }]
  })
}

type WatchOriginals = typeof import("../server/watch.ts").watchOriginals

const startOne = (
  watchOriginals: WatchOriginals,
  { core, config, health }: OpenTailor,
  { folder, prefix }: WatchedFolder,
  log: Log,
): Watch => {
  const renditions = asFolder(config.renditions)
  const started = watchOriginals(core, {
    originals: folder,
    prefix,
    renditions: renditions !== undefined && renditions !== folder ? renditions : resolve(folder, ".imgtailor"),
    longestRenderMs: config.limits.deadlineMs,
    onError: (error) => log.error(error, "could not delete stale renditions"),
    onNotice: log.note,
    onPurge: (original, count) => log.note(`${original} changed: ${counted(count, "stale rendition")} deleted`),
  })
  health.addPart(prefix === "" ? "watch" : `watch ${prefix}`, () => {
    const { folders, watched, lastSweepMs } = started.state()
    const lastSweep = lastSweepMs === undefined ? undefined : new Date(lastSweepMs).toISOString()
    const problem = watched < folders || folders === 0 ? `Watching ${watched} of ${folders} folders.` : undefined
    return { folders, watched, lastSweep, problem }
  })
  const what = prefix === "" ? "the originals" : `the originals of ${prefix}`
  void started.ready.then(() => log.note(`Watching ${what} for changes: ${started.state().watched} folders.`))
  return started
}

/** The file or object with focal points, if there is one. */
const startFocalWatch = async ({ core, focal }: OpenTailor, log: Log): Promise<readonly Closable[]> => {
  if (focal === undefined) return []
  const { watchFocalPoints } = await import("../server/focal-watch.ts")
  let known = await focal.load()
  const points = (): FocalPoints => (known = focal.points() ?? known)
  const onPurge = (original: string, count: number): void =>
    log.note(`the focal point of ${original} changed: ${counted(count, "stale rendition")} deleted`)
  const onError = (error: unknown): void => log.error(error, "could not delete stale renditions")
  return [watchFocalPoints(core, { points, onPurge, onError })]
}

/** Starts to watch, where the configuration says so. @throws {bad-config} without a folder */
export const startWatches = async (tailor: OpenTailor, log: Log): Promise<readonly Closable[]> => {
  if (!tailor.config.watch) return []
  const folders = foldersOf(tailor.config)
  if (folders.length === 0) throw badConfig(["watch: Expected originals in a folder."])
  const { watchOriginals } = await import("../server/watch.ts")
  const started = folders.map((watched) => startOne(watchOriginals, tailor, watched, log))
  return [...started, ...(await startFocalWatch(tailor, log))]
}

/** Responsible for the limits of the system's file watches: noticing that events may have been dropped, and reporting folders without a watch. */
import { readFileSync } from "node:fs"

import { describeError } from "../errors.ts"
import type { FoldersState } from "./watched-folders.ts"

/** Default of `fs.inotify.max_queued_events`. */
const DEFAULT_QUEUE = 16_384

/** Events that the kernel holds for a process. It drops further ones, and Node does not report that. */
const queueLength = (): number => {
  try {
    return Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"))
  } catch {
    return DEFAULT_QUEUE
  }
}

/**
 * Returns a function to call with every event. All events of the queue arrive in one turn of the event loop, so a turn with half the
 * length of the queue may follow dropped events.
 * @param onOverflow called after such a turn
 */
export const createOverflow = (onOverflow: () => void, limit: number = queueLength() / 2): (() => void) => {
  let events = 0
  return () => {
    if (events === 0)
      setImmediate(() => {
        if (events >= limit) onOverflow()
        events = 0
      })
    events += 1
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "the system allows no more watches, raise fs.inotify.max_user_watches",
  EMFILE: "the system allows no more watches, raise fs.inotify.max_user_instances or the limit of open files",
}

/** Why some folders are not watched. Undefined where all are. */
export const describeTree = ({ folders, watched, failure }: FoldersState): string | undefined => {
  if (folders === 0) return "The folder of the originals cannot be found, so it is not watched."
  if (!failure) return undefined
  const code = "code" in failure ? String(failure.code) : ""
  return `Watching ${watched} of ${folders} folders: ${HINTS[code] ?? describeError(failure)}. The others are swept every few minutes.`
}

/** Responsible for notices of a store: each kind at most once a minute, so that no visitor can fill the log. */

const QUIET_MS = 60_000

/** Reports a sentence to the operator, unless one of the same kind was reported less than a minute ago. */
export type NotifyOnce = (kind: string, text: string) => void

/** @param notify receives the sentences */
export const createNotices = (notify: ((text: string) => void) | undefined): NotifyOnce => {
  const quietUntilMs = new Map<string, number>()
  return (kind, text) => {
    const now = performance.now()
    if (now < (quietUntilMs.get(kind) ?? 0)) return
    quietUntilMs.set(kind, now + QUIET_MS)
    notify?.(`${text} Similar cases are not reported for a minute.`)
  }
}

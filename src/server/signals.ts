/** Responsible for the signals that ask a server to end. */

/** SIGTERM comes from supervisors, SIGINT from Ctrl-C, SIGHUP from a terminal that is closed and from log rotation. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const

/**
 * Resolves on the first SIGTERM, SIGINT or SIGHUP. A second one ends the process at once. It is killed then, since `process.exit` waits
 * for native code in other threads: a render in this process, or a file system that hangs.
 */
export const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    let isEnding = false
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (isEnding) process.kill(process.pid, "SIGKILL")
        isEnding = true
        resolve()
      })
    }
  })

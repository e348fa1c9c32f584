/**
 * Responsible for the environment of render processes.
 *
 * Invariants:
 * - No variable is inherited except for the listed ones, so that no credential is.
 */

/** Where the system's loader finds libraries, and what Windows needs to start a program. */
const INHERITED = ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LD_PRELOAD", "SystemRoot", "TEMP", "TMP"]

/**
 * @param environment the server's environment
 * @param threads size of libuv's thread pool, on which sharp renders
 */
export const environmentOfChildren = (
  environment: Readonly<Record<string, string | undefined>>,
  threads: number,
): Record<string, string> => {
  const inherited = INHERITED.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(inherited),
    UV_THREADPOOL_SIZE: String(threads),
    // More arenas of glibc's malloc keep more freed memory from the system.
    MALLOC_ARENA_MAX: "2",
  }
}

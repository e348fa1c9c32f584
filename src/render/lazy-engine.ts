/**
 * Responsible for an engine whose code is loaded with its first use: a server that renders in child processes never needs the code that
 * decodes and encodes, and a function of a cloud answers most errors without it.
 */
import type { Engine } from "./engine.ts"

/** @param load creates the engine; called once */
export const lazyEngine = (load: () => Promise<Engine>): Engine => {
  let engine: Engine | undefined
  let loading: Promise<Engine> | undefined
  const use = (): Promise<Engine> => (loading ??= load().then((loaded) => (engine = loaded)))
  return {
    prepare: () => void use().then(({ prepare }) => prepare()),
    ready: async () => (await use()).ready(),
    open: async (bytes, options) => (engine ?? (await use())).open(bytes, options),
    state: () => engine?.state() ?? { processes: 0, slow: 0 },
    drain: () => engine?.drain(),
    close: async () => engine?.close(),
  }
}

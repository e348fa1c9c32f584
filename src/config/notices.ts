/** Responsible for notices about values that are valid but hardly intended. */
import { availableParallelism } from "node:os"

import type { Limits } from "./options.ts"

/** Few photos are smaller than these. */
const SMALL_PIXELS = 500_000
const SMALL_BYTES = 50_000
/** A 12-megapixel JPEG needs about this much. */
const SMALL_MEMORY_BYTES = 64_000_000
/** Most renders take longer. */
const SHORT_DEADLINE_MS = 100
const RENDERS_PER_CORE = 8

/**
 * A sentence for each limit that was set to an unusual value.
 * @param cores of this machine
 */
export const limitNotices = (limits: Partial<Limits>, cores: number = availableParallelism()): readonly string[] => {
  const { pixels = Infinity, bytes = Infinity, memoryBytes = Infinity, deadlineMs = Infinity, renders = 0 } = limits
  const rules = [
    [pixels < SMALL_PIXELS, `limits.pixels is ${pixels}: originals with more pixels are answered with 413.`],
    [bytes < SMALL_BYTES, `limits.bytes is ${bytes}: larger originals are answered with 413.`],
    [memoryBytes < SMALL_MEMORY_BYTES, `limits.memoryBytes is ${memoryBytes}: most renders need more and run alone.`],
    [deadlineMs < SHORT_DEADLINE_MS, `limits.deadlineMs is ${deadlineMs}: most first requests are answered with 503.`],
    [
      renders > RENDERS_PER_CORE * cores,
      `limits.renders is ${renders}: more than ${RENDERS_PER_CORE} concurrent renders per core (${cores}) only use more memory.`,
    ],
  ] as const
  return rules.flatMap(([isUnusual, notice]) => (isUnusual ? [notice] : []))
}

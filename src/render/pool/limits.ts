/** Responsible for the limits of render processes. Each number is a constant with its reason. */
import type { Inspected } from "../inspected.ts"

/** CPU of any job before its pixels count. Opening a header takes milliseconds. */
const BASE_CPU_MS = 10_000

/** The most expensive honest render measured, a PNG of 75 megapixels to a PNG of 8192 pixels, takes 81 s for 125 megapixels. */
const CPU_MS_PER_PIXEL = 1 / 1000

/** A render at the lowest priority on a busy machine gets a fraction of a core. */
const WALL_CLOCK_FACTOR = 4

/** Among sixteen kinds of honest originals, an animated WebP took most: 2.8 × its estimate. */
const CAP_PER_ESTIMATE = 3
const CAP_BASE_BYTES = 64_000_000

/** A time limit depends on the machine and its load, so it is remembered for ten minutes only. */
export const REMEMBER_TIME_LIMIT_MS = 600_000

/** Ordinary renditions take 30 to 250 ms of CPU. After this, a job gives up its slot and continues at the lowest priority. */
export const SLOW_CPU_MS = 500

/** Decoders take 3 to 30 ns a pixel. That of a baseline JPEG skips most of its work for a small rendition. */
const DECODE_MS_PER_PIXEL = 20e-6

/** Whether a job will probably be slow: then it gives way before it starts. */
export const isExpectedSlow = ({
  container,
  isProgressive,
  decodedPixels,
}: Pick<Inspected, "container" | "isProgressive" | "decodedPixels">): boolean =>
  (container !== "jpeg" || isProgressive) && decodedPixels * DECODE_MS_PER_PIXEL > SLOW_CPU_MS

/** A process above this after a job is replaced: libvips and malloc keep up to 140 MB after ordinary AVIF and PNG. */
export const MAX_IDLE_RSS_BYTES = 150_000_000

/** A process that has grown by more is replaced after a minute without work, so that a server at rest takes little memory. */
export const MAX_GROWN_AT_REST_BYTES = 12_000_000

/** Above this after a job, a process collects its garbage, so that it need not be replaced. After most jobs it has 60 to 100 MB. */
export const COLLECT_RSS_BYTES = 130_000_000

/** How often memory and CPU of working processes are read. A decoder allocates up to 2 GB a second. */
export const GUARD_INTERVAL_MS = 25

/** Without work for this long, all processes but one end. */
export const IDLE_MS = 60_000

/** How long no process has to be idle until another spare one starts: a used one is given back within milliseconds. */
export const SPARE_DELAY_MS = 100

/** A process starts within 0.2 s, and within several seconds on a busy machine. */
export const START_LIMIT_MS = 30_000

/** A process answers `close` within milliseconds. */
export const CLOSE_LIMIT_MS = 5000

/** How long a second attempt waits until the others leave it room: as long as a request does by default. */
export const CALM_LIMIT_MS = 30_000
/** How often it looks whether they have left room. */
export const CALM_INTERVAL_MS = 100

/** Memory for an original that a render process keeps for the next one: that of most photos. */
export const KEPT_BYTES = 8_388_608

/** Time without an original after which a process frees it. */
export const KEPT_MS = 5000

/** How long a job waits for another process after its own died: one signal may have killed several, and their ends are noticed one by one. */
export const DEATH_PAUSE_MS = 50

/** Longer originals are not kept for a retry if they can be read again. */
export const MAX_KEPT_BYTES = 8_000_000

/** Limits of a renderer that the limits of a job follow from. */
export interface PoolLimits {
  /** Memory of all render processes, in bytes. */
  readonly memoryBytes: number
  /** Concurrent renders. */
  readonly renders: number
  /** CPU limit of a job before its pixels count, in milliseconds. @default 10_000 */
  readonly baseCpuMs?: number
  /** Limit on the server's clock, as a multiple of the CPU limit. @default 4 */
  readonly wallClockFactor?: number
}

/** @param pixels decoded and written by the job @returns CPU limit in milliseconds */
export const cpuLimitMs = ({ baseCpuMs = BASE_CPU_MS }: PoolLimits, pixels: number): number =>
  Math.round(baseCpuMs + pixels * CPU_MS_PER_PIXEL)

/** @param cpuMs CPU limit in milliseconds @returns limit on the server's clock in milliseconds */
export const wallClockLimitMs = ({ wallClockFactor = WALL_CLOCK_FACTOR }: PoolLimits, cpuMs: number): number =>
  wallClockFactor * cpuMs

/** @param estimateBytes expected peak of everything that runs in the process @returns memory cap of the process in bytes */
export const memoryCap = ({ memoryBytes, renders }: PoolLimits, estimateBytes: number): number =>
  Math.min(memoryBytes, Math.max(memoryBytes / renders, CAP_PER_ESTIMATE * estimateBytes + CAP_BASE_BYTES))

/** Processes at most: renders with a slot, slow ones, ones that wait for memory, and opened originals that wait for a slot. */
export const maxProcesses = ({ renders }: PoolLimits): number => 5 * renders + 2

/**
 * Originals in hand. Whatever is asked of one original at one time shares one read of it and, where its decoder gives nothing less than
 * the whole picture, one decode. Nobody waits for others to come: what a first one has begun is there for the next.
 *
 * Holds: a read is shared only by those to whom it gives what they would have read themselves; what is kept for those who still wait for
 * their turn is bounded; pixels that nobody uses make way for whoever needs the room; a decode that runs has somebody who waits for it, so
 * that it counts among what runs until it ends.
 */
import { orAbort } from "../abort.ts"
import { codeOf } from "../errors.ts"
import type { Inspected } from "../render/inspect.ts"
import type { Renderer } from "../render/render.ts"
import type { OriginalObject, Originals, OriginalStat } from "../store/store.ts"
import type { Gate } from "../gate.ts"

/** One user's part in an original. */
export interface SharedOriginal {
  /** Tells that the user's turn has come: until it leaves, what it shares is not let go of. */
  readonly begin: () => void
  /** The original, read at the first call by anybody. Undefined where it is absent. */
  readonly read: () => Promise<OriginalObject | undefined>
  /** Its pixels, where they are worth decoding once for several; undefined where each should decode for itself. */
  readonly decode: (bytes: Uint8Array, original: Inspected, signal: AbortSignal) => Promise<Uint8Array | undefined>
  /** Must be called once. */
  readonly release: () => void
}

/** What originals there are in hand. */
export interface SharedOriginals {
  /**
   * @param known its stat when it was asked for
   * @param onRead called right before it is read, by whomever
   */
  readonly join: (original: string, known: OriginalStat, onRead: () => void) => SharedOriginal
  /** Lets go of pixels that nobody uses at the moment. */
  readonly makeRoom: () => void
}

export interface SharedOriginalsParts {
  readonly originals: Originals
  readonly renderer: Pick<Renderer, "decode" | "estimateDecode">
  /** Room for pixels. */
  readonly memory: Gate
  /** Of an original. */
  readonly maxBytes: number
  /** Of originals that are kept for those who wait for their turn. */
  readonly maxKeptBytes: number
}

interface Pixels {
  /** Resolves when there is room to decode. */
  readonly begun: Promise<unknown>
  readonly ready: Promise<Uint8Array>
  /** Gives the room back. */
  readonly free: () => void
}

interface Entry {
  readonly original: string
  readonly onRead: Set<() => void>
  users: number
  active: number
  /** Of the pixels, or of waiting for them. */
  holders: number
  reading?: Promise<OriginalObject | undefined> | undefined
  /** Length of what was read. */
  bytes: number
  pixels?: Pixels | undefined
  /** It does not decode as a whole. */
  isDamaged?: boolean
}

const isIdle = ({ users, active }: Entry): boolean => active === 0 && users > 0

const dropPixels = (entry: Entry): void => {
  entry.pixels?.free()
  entry.pixels = undefined
}

const drop = (entry: Entry): void => {
  dropPixels(entry)
  entry.reading = undefined
  entry.bytes = 0
}

const readOnce = ({ originals, maxBytes }: SharedOriginalsParts, entry: Entry): Promise<OriginalObject | undefined> => {
  if (entry.reading) return entry.reading
  for (const tell of entry.onRead) tell()
  const reading = originals.get(entry.original, { maxBytes })
  entry.reading = reading
  reading.then(
    (object) => (entry.bytes = object?.bytes.length ?? 0),
    // Whoever comes next tries again.
    () => (entry.reading = undefined),
  )
  return reading
}

const decodeInRoom = ({ memory, renderer }: SharedOriginalsParts, bytes: Uint8Array, original: Inspected): Pixels => {
  const dropped = new AbortController()
  const room = memory.acquire(renderer.estimateDecode(original), dropped.signal)
  const ready = room.then(() => {
    dropped.signal.throwIfAborted()
    return renderer.decode(bytes, original)
  })
  // Everyone may have left before it failed.
  ready.catch(() => {})
  const giveBack = (): unknown => room.then((leave) => leave()).catch(() => {})
  return {
    begun: room,
    ready,
    free: () => {
      dropped.abort()
      void giveBack()
    },
  }
}

type Join = Parameters<SharedOriginals["join"]>

/** A user's part in an entry. */
const takePart = (
  parts: SharedOriginalsParts,
  entry: Entry,
  [original, known, onRead]: Join,
  onLeave: () => void,
): SharedOriginal => {
  entry.users += 1
  entry.onRead.add(onRead)
  /** What was being read, or had been, when this user came. */
  const former = entry.reading
  let isActive = false
  let isHolder = false
  return {
    begin: () => {
      isActive = true
      entry.active += 1
    },
    read: async () => {
      const isFormer = former !== undefined && entry.reading === former
      const object = await readOnce(parts, entry)
      // What was read before this user came has to be proved to be what it has seen: of that version, which tells every change.
      if (!isFormer || (object?.stat.isStable && object.stat.version === known.version)) return object
      return parts.originals.get(original, { maxBytes: parts.maxBytes })
    },
    decode: async (bytes, inspected, signal) => {
      if (entry.isDamaged || (!entry.pixels && entry.users === 1)) return undefined
      const object = await entry.reading
      if (object?.bytes !== bytes) return undefined
      signal.throwIfAborted()
      const pixels = (entry.pixels ??= decodeInRoom(parts, bytes, inspected))
      if (!isHolder) entry.holders += 1
      isHolder = true
      try {
        await orAbort(pixels.begun, signal)
        return await pixels.ready
      } catch (error) {
        if (signal.aborted) throw error
        // Whoever comes next tries again.
        if (entry.pixels === pixels) dropPixels(entry)
        if (codeOf(error) !== "corrupt-original") throw error
        // The part that some size takes may be whole.
        entry.isDamaged = true
        entry.holders -= 1
        isHolder = false
        return undefined
      }
    },
    release: () => {
      entry.onRead.delete(onRead)
      entry.users -= 1
      if (isActive) entry.active -= 1
      if (isHolder) entry.holders -= 1
      onLeave()
    },
  }
}

export const createSharedOriginals = (parts: SharedOriginalsParts): SharedOriginals => {
  const { memory, maxKeptBytes } = parts
  /** Those that may be joined, by original and version. */
  const open = new Map<string, Entry>()
  const all = new Set<Entry>()

  const makeRoom = (): void => {
    for (const entry of all) if (entry.holders === 0) dropPixels(entry)
  }

  const keepWithinBounds = (entry: Entry): void => {
    if (memory.waiting() > 0 && entry.holders === 0) dropPixels(entry)
    if (!isIdle(entry)) return
    let kept = 0
    for (const other of all) if (isIdle(other)) kept += other.bytes
    if (kept > maxKeptBytes) drop(entry)
  }

  return {
    makeRoom,
    join: (original, known, onRead) => {
      const name = `${original}\n${known.version}`
      let entry = open.get(name)
      // The version of an original that was changed a moment ago does not tell whether it was changed again since it was read.
      if (!entry || (entry.reading && !known.isStable)) {
        entry = { original, onRead: new Set(), users: 0, active: 0, holders: 0, bytes: 0 }
        open.set(name, entry)
        all.add(entry)
      }
      const joined = entry
      return takePart(parts, joined, [original, known, onRead], () => {
        if (joined.users > 0) return keepWithinBounds(joined)
        drop(joined)
        all.delete(joined)
        if (open.get(name) === joined) open.delete(name)
      })
    },
  }
}

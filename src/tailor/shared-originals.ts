/**
 * Responsible for reading and opening an original once for all renders that need it at the same time.
 *
 * Invariants:
 * - A request uses only bytes that it could have read itself: see `canUse`.
 * - A failed read fails the requests that waited for it and none after them.
 * - Originals that are being read or opened take bounded memory. A larger one is read alone.
 * - An original whose users all wait for a slot is idle. Idle originals together keep at most `maxIdleBytes`, and none of them stays open
 *   while `maxOpen` originals are. A dropped one is read again.
 * - A session is closed once, when no render of it runs.
 */
import { orAbort } from "../abort.ts"
import { createGate, type Gate } from "../gate.ts"
import type { Renderer, RenderSession } from "../render/renderer.ts"
import type { OriginalObject, Originals, OriginalStat } from "../store/store.ts"

/** An original that has been read. */
export interface OriginalContent {
  readonly stat: OriginalStat
  /** @throws what the renderer throws of an original that it refuses */
  readonly session: Promise<RenderSession>
  /** SHA-256 of the bytes, in hex. @throws like `session` */
  readonly digest: () => Promise<string>
}

/** One read of an original. */
export interface OriginalRead {
  /** Position among all reads of the process. */
  readonly number: number
  /** Undefined where the original is absent. */
  readonly content: Promise<OriginalContent | undefined>
}

/** An original as a request saw it. */
export interface Sighting {
  readonly stat: OriginalStat
  /** How many reads of originals had begun when the request saw this stat. */
  readonly readCount: number
}

/** The part of one render in a shared original. */
export interface OriginalUse {
  /** The read that the users share. Undefined before it begins. */
  readonly current: () => OriginalRead | undefined
  /**
   * Reads and opens the original, unless another user has. To be called with a render slot.
   * @param onSlow called if opening takes long, so that the slot can be given to the next render
   */
  readonly read: (onSlow: () => void) => OriginalRead
  /** Whether others use the original too. */
  readonly isShared: () => boolean
  /** Must be called once, when no render of this user runs. */
  readonly release: () => void
}

/** The originals in use. */
export interface SharedOriginals {
  /** How many reads have begun. */
  readonly readCount: () => number
  /**
   * Joins the users of an original whose read the caller can use, or becomes the first user.
   * @throws the signal's reason when it aborts during the wait for a read
   */
  readonly join: (key: string, sighting: Sighting, signal?: AbortSignal) => Promise<OriginalUse>
}

/** Dependencies of {@link createSharedOriginals}. */
export interface SharedOriginalsParts {
  readonly originals: Pick<Originals, "get">
  readonly renderer: Pick<Renderer, "prepare" | "open">
  /** Largest original, in bytes. */
  readonly maxBytes: number
  /** Length of all idle originals, in bytes. */
  readonly maxIdleBytes: number
  /** Open originals above which idle ones are closed. */
  readonly maxOpen: number
}

interface Entry {
  readonly key: string
  /** Its length when it was first requested. */
  readonly expectedBytes: number
  /** Called when opening it takes long. */
  readonly onSlow: Set<() => void>
  isSlow: boolean
  users: number
  /** Users that hold a slot. */
  active: number
  current: OriginalRead | undefined
  /** Length of the original that was read. */
  byteLength: number
}

interface State extends SharedOriginalsParts {
  /** Originals that can be joined, by key and version. */
  readonly joinable: Map<string, Entry>
  /** Originals in use, the one that has been in use longest first. */
  readonly entries: Set<Entry>
  /** Bytes of originals that are being read or opened. */
  readonly inTransfer: Gate
  reads: number
}

/**
 * The rule for joining. A request that saw the original before the read began can use that read. A later request can use it if the version
 * that was read is the one that it saw, and changes with every change of the bytes.
 */
export const canUse = async (
  read: OriginalRead | undefined,
  { stat, readCount }: Sighting,
  signal?: AbortSignal,
): Promise<boolean> => {
  if (!read || read.number > readCount) return true
  const content = await orAbort(read.content, signal)
  return content?.stat.version === stat.version && content.stat.isStable
}

const MAX_TRANSFER_BYTES = 64_000_000

/** Originals up to this length are not counted, so that thumbnails do not wait for a large original. */
const SMALL_BYTES = 1_000_000

const ignore = (): void => {}

/** Closes the session of an original and forgets its bytes. */
const drop = (entry: Entry): void => {
  const content = entry.current?.content
  entry.current = undefined
  entry.byteLength = 0
  content?.then(async (opened) => (await opened?.session)?.close()).catch(ignore)
}

/** Drops idle originals, the oldest first, until they are within their bounds. */
const dropIdle = ({ entries, maxIdleBytes }: State, maxOpen: number): void => {
  const open = [...entries].filter(({ current }) => current)
  const idle = open.filter(({ active }) => active === 0)
  let [count, bytes] = [open.length, idle.reduce((sum, { byteLength }) => sum + byteLength, 0)]
  for (const entry of idle) {
    if (count <= maxOpen && bytes <= maxIdleBytes) return
    count -= 1
    bytes -= entry.byteLength
    drop(entry)
  }
}

const openContent = (
  { originals, renderer, maxBytes }: State,
  entry: Entry,
  { stat, bytes, release }: OriginalObject,
): OriginalContent => {
  const { version, isStable } = stat
  const reread = async (): Promise<OriginalObject | undefined> => {
    const again = await originals.get(entry.key, { maxBytes })
    return again?.stat.version === version && again.stat.isStable ? again : undefined
  }
  const session = renderer.open(bytes, {
    onSlow: () => {
      entry.isSlow = true
      for (const callback of entry.onSlow) callback()
    },
    // The renderer can replace a process that died without keeping the bytes here.
    ...(isStable && { reread }),
    release,
  })
  const onOpen = (): void => void (entry.isSlow = false)
  // Every user may have left before it fails.
  session.then(onOpen, onOpen)
  let digest: Promise<string> | undefined
  return { stat, session, digest: () => (digest ??= session.then((opened) => opened.digest())) }
}

const startRead = (state: State, entry: Entry): OriginalRead => {
  const { originals, renderer, maxBytes, maxOpen, inTransfer } = state
  dropIdle(state, maxOpen - 1)
  renderer.prepare()
  const load = async (): Promise<OriginalContent | undefined> => {
    const giveBack = entry.expectedBytes > SMALL_BYTES ? await inTransfer.acquire(entry.expectedBytes) : ignore
    const release = (): void => {
      entry.onSlow.delete(release)
      giveBack()
    }
    // An original that is slow to open has been handed over.
    entry.onSlow.add(release)
    let content: OriginalContent | undefined
    try {
      const object = await originals.get(entry.key, { maxBytes })
      if (object && entry.current === read) entry.byteLength = object.bytes.length
      content = object && openContent(state, entry, object)
      return content
    } finally {
      if (content) content.session.then(release, release)
      else release()
    }
  }
  state.reads += 1
  const read: OriginalRead = { number: state.reads, content: load() }
  read.content.catch(() => {
    // The next user tries again.
    if (entry.current === read) entry.current = undefined
  })
  return read
}

/** @param onLast called when the last user has left */
const createUse = (state: State, entry: Entry, onLast: () => void): OriginalUse => {
  let isActive = false
  entry.users += 1
  return {
    current: () => entry.current,
    isShared: () => entry.users > 1,
    read: (onSlow) => {
      entry.onSlow.add(onSlow)
      if (entry.isSlow) onSlow()
      entry.active += isActive ? 0 : 1
      isActive = true
      return (entry.current ??= startRead(state, entry))
    },
    release: () => {
      entry.users -= 1
      entry.active -= isActive ? 1 : 0
      if (entry.users === 0) onLast()
      else dropIdle(state, Infinity)
    },
  }
}

export const createSharedOriginals = (parts: SharedOriginalsParts): SharedOriginals => {
  const inTransfer = createGate({ capacity: MAX_TRANSFER_BYTES, maxWaiting: Infinity })
  const state: State = { ...parts, joinable: new Map(), entries: new Set(), inTransfer, reads: 0 }
  const { joinable, entries } = state

  const use = (name: string, entry: Entry): OriginalUse =>
    createUse(state, entry, () => {
      drop(entry)
      entries.delete(entry)
      if (joinable.get(name) === entry) joinable.delete(name)
    })

  return {
    readCount: () => state.reads,
    join: async (key, sighting, signal) => {
      const name = `${key}\n${sighting.stat.version}`
      for (let entry = joinable.get(name); entry; entry = joinable.get(name)) {
        const isUsable = await canUse(entry.current, sighting, signal)
        if (joinable.get(name) !== entry) continue
        if (isUsable) return use(name, entry)
        joinable.delete(name)
      }
      const expectedBytes = sighting.stat.byteLength
      const initial = { users: 0, active: 0, byteLength: 0, current: undefined, isSlow: false }
      const entry: Entry = { key, expectedBytes, onSlow: new Set(), ...initial }
      joinable.set(name, entry)
      entries.add(entry)
      return use(name, entry)
    },
  }
}

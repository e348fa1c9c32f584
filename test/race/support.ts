/** Responsible for a whole tailor on a stage, and for the check of each race: did any request get a version that was gone before it began? */
import { onAbort } from "../../src/abort.ts"
import { codeOf } from "../../src/errors.ts"
import { parseKey } from "../../src/sizes/key.ts"
import { parseSizeList } from "../../src/sizes/list.ts"
import { DEFAULT_QUALITY } from "../../src/sizes/recipe.ts"
import { cachedRenditions } from "../../src/store/cached.ts"
import { memoryRenditions } from "../../src/store/memory.ts"
import { readBody, type RenditionMeta } from "../../src/store/store.ts"
import type { WorkLimits } from "../../src/tailor/limits.ts"
import { type Core, type CoreParts, createCore } from "../../src/tailor/tailor.ts"
import { CORRUPT, createFakeRenderer, type FakeRenderer } from "../support/fake-renderer.ts"
import {
  type Contents,
  createStage,
  createWorld,
  type Stage,
  stagedRenditions,
  type Versions,
  type World,
} from "../support/stage.ts"

const sizes = parseSizeList(["480h", "1280w"])
if ("problems" in sizes) throw new Error("Expected a list of sizes.")

export const LIMITS: WorkLimits = {
  bytes: 1_000_000,
  deadlineMs: 30_000,
  renders: 4,
  queue: 1000,
  memoryBytes: 1000,
}

export interface CoreOptions extends Pick<CoreParts, "originals" | "renditions" | "renderer"> {
  readonly limits?: Partial<WorkLimits>
  readonly staleIfErrorSeconds?: number
  readonly onStoreFailure?: CoreParts["onStoreFailure"]
  readonly clock?: () => number
  /** @default 80 */
  readonly jpegQuality?: number
}

/** A core over given parts. */
export const openCore = ({ limits, jpegQuality = 80, clock = () => 0, ...parts }: CoreOptions): Core =>
  createCore({
    ...parts,
    grammar: {
      sizes: sizes.list,
      formats: ["avif", "webp"],
      retired: { sizes: [], formats: [] },
      sharedStore: false,
      maxBytes: parts.renditions.keyLimits,
    },
    settings: { quality: { ...DEFAULT_QUALITY, jpeg: jpegQuality }, background: "#ffffff", animationPixels: 1 },
    limits: { ...LIMITS, ...limits },
    clock,
  })

/** The outcome of a request: the text of the rendition, the code of an error, or "left" if its client disconnected. */
export const ask = async (core: Core, key: string, leave?: AbortSignal): Promise<string> => {
  const parsed = parseKey(key.split("/"), core.grammar)
  if ("refused" in parsed) throw new Error(parsed.detail)
  try {
    const found = await core.answer(parsed, leave && onAbort(leave))
    return Buffer.from(await readBody(found)).toString()
  } catch (error) {
    if (leave?.aborted && error === leave.reason) return "left"
    const code = codeOf(error)
    if (code === undefined) throw error
    return code
  }
}

type ToText = (content: string) => string

const at =
  (ending: string): ToText =>
  (content) =>
    `${content} @ ${ending}`

/** The originals that a key can mean, in order, and the text of its rendition for each. */
const READINGS: Readonly<Record<string, readonly (readonly [original: string, toText: ToText])[]>> = {
  "480h/a.jpg": [["a.jpg", at("480h.")]],
  "1280w/a.jpg": [["a.jpg", at("1280w.")]],
  "480h/a.jpg.avif": [
    ["a.jpg", at("480h.avif")],
    ["a.jpg.avif", at("480h.")],
  ],
  "info/a.jpg.json": [["a.jpg", (content) => JSON.stringify({ content })]],
  // A key with two readings: the WebP of a.jpg, or else an original of that name.
  "480h/a.jpg.webp": [
    ["a.jpg", at("480h.webp")],
    ["a.jpg.webp", at("480h.")],
  ],
}

/** All right answers of a request that looks at the originals one after the other while the world goes through these states. */
const possible = (key: string, states: readonly Contents[]): ReadonlySet<string> => {
  const answers = new Set<string>()
  let from = 0
  for (const [original, toText] of READINGS[key] ?? []) {
    const seen = states.slice(from).map((state) => state[original])
    for (const content of seen)
      if (content !== undefined) answers.add(content.startsWith(CORRUPT) ? "corrupt-original" : toText(content))
    const absentAt = seen.indexOf(undefined)
    if (absentAt < 0) return answers
    from += absentAt
  }
  return answers.add("original-not-found")
}

export interface Play {
  readonly stage: Stage
  readonly world: World
  readonly core: Core
  readonly renderer: FakeRenderer
  /** Sends a request. A wrong answer is added to {@link Play.faults}. */
  readonly ask: (key: string) => void
  /** Disconnects the client that has waited longest. */
  readonly leave: () => void
  /** Continues the call that stopped first, until none is left. */
  readonly playOut: () => Promise<void>
  /** Faults that were found until now, a sentence each. */
  readonly faults: readonly string[]
  /** The rendition that is stored under a key, and its record. */
  readonly stored: (key: string) => Promise<{ readonly meta: RenditionMeta; readonly text: string } | undefined>
}

export interface PlayOptions {
  readonly versions: Versions
  readonly isCached: boolean
  readonly limits?: Partial<WorkLimits>
}

/** Adds a fault where more decodes and renders run at once than may. Running ones cannot be stopped, even if all clients have left. */
const watchCrowd = (step: Stage["step"], renders: number, faults: string[]): Stage["step"] => {
  let running = 0
  return async (name) => {
    running += 1
    if (running > renders) faults.push(`${running} ran at once where ${renders} may, the last of them: ${name}`)
    try {
      await step(name)
    } finally {
      running -= 1
    }
  }
}

/** Creates a play. */
export const createPlay = ({ versions, isCached, limits = {} }: PlayOptions): Play => {
  const stage = createStage()
  const world = createWorld({ stage, versions })
  const store = memoryRenditions()
  const staged = stagedRenditions(store, stage)
  const faults: string[] = []
  const { renders, memoryBytes } = { ...LIMITS, ...limits }
  const renderer = createFakeRenderer({
    step: watchCrowd(stage.step, renders, faults),
    peakBytes: 300,
    memoryBytes,
  })
  const core = openCore({
    originals: world.originals,
    renditions: isCached ? cachedRenditions(staged, 1_000_000) : staged,
    renderer,
    limits,
  })
  const clients: AbortController[] = []

  const judge = (key: string, since: number, answer: string): void => {
    if (answer === "left") return
    const states = world.history.slice(since)
    if (!possible(key, states).has(answer))
      faults.push(
        `${key} was answered with "${answer}" although the originals since the request were ${JSON.stringify(states)}`,
      )
  }

  return {
    stage,
    world,
    core,
    renderer,
    faults,
    ask: (key) => {
      const since = world.history.length - 1
      const client = new AbortController()
      clients.push(client)
      void ask(core, key, client.signal)
        .then((answer) => judge(key, since, answer))
        .catch((error: unknown) => faults.push(`${key} failed: ${String(error)}`))
        .finally(() => void clients.splice(clients.indexOf(client), 1))
    },
    leave: () => clients[0]?.abort(),
    playOut: async () => {
      while ((await stage.stopped()).length > 0) stage.letOn(0)
      if (clients.length > 0) faults.push(`${clients.length} requests were never answered`)
    },
    stored: async (key) => {
      const object = await store.get(key)
      return object && { meta: object.meta, text: Buffer.from(await readBody(object)).toString() }
    },
  }
}

/** Events by name: changes of originals, and requests. */
export const EVENTS = {
  replace: ({ world }: Play, n: number): void => world.write("a.jpg", `a${n}`),
  corrupt: ({ world }: Play, n: number): void => world.write("a.jpg", `${CORRUPT}${n}`),
  remove: ({ world }: Play): void => world.remove("a.jpg"),
  restore: ({ world }: Play): void => world.write("a.jpg", "a0"),
  // The other reading of the same key.
  "write the other": ({ world }: Play, n: number): void => world.write("a.jpg.webp", `b${n}`),
  "remove the other": ({ world }: Play): void => world.remove("a.jpg.webp"),
  touch: ({ world }: Play): void => world.touch("a.jpg"),
  tick: ({ world }: Play): void => world.tick(),
  ask: (play: Play): void => play.ask("480h/a.jpg"),
  "ask for the other": (play: Play): void => play.ask("480h/a.jpg.webp"),
  "ask for another size": (play: Play): void => play.ask("1280w/a.jpg"),
  "ask for another format": (play: Play): void => play.ask("480h/a.jpg.avif"),
  "ask for info": (play: Play): void => play.ask("info/a.jpg.json"),
  leave: (play: Play): void => play.leave(),
} as const

export type Event = keyof typeof EVENTS

/** Renditions that are stored although they should not be, after all work has ended. */
export const storeFaults = async (play: Play): Promise<readonly string[]> => {
  const faults: string[] = []
  for (const key of Object.keys(READINGS)) {
    const found = await play.stored(key)
    // The record says that an equal version proves nothing, so its original is compared before it is sent.
    if (!found || found.meta.isStable === false) continue
    const now = possible(key, play.world.history.slice(-1))
    if (!now.has(found.text))
      faults.push(`${key} is stored as "${found.text}", in the world ${JSON.stringify(play.world.history.at(-1))}`)
  }
  return faults
}

/** Checks, after all work has ended, that each request gets the present version, and that stored renditions are hits. */
export const settle = async (play: Play): Promise<void> => {
  await play.playOut()
  for (const key of Object.keys(READINGS)) play.ask(key)
  await play.playOut()
  play.world.tick()
  for (const key of Object.keys(READINGS)) play.ask(key)
  await play.playOut()
  const { render } = play.renderer.calls
  for (const key of Object.keys(READINGS)) play.ask(key)
  await play.playOut()
  const again = play.renderer.calls.render - render
  if (again > 0 && (await play.stored("480h/a.jpg")))
    (play.faults as string[]).push(`${again} renditions that were stored were made again`)
}

/** Creates a play with one original and one request for it. */
export const begin = (options: PlayOptions): Play => {
  const play = createPlay(options)
  play.world.write("a.jpg", "a0")
  play.ask("480h/a.jpg")
  return play
}

/** Performs events in their order, between steps in the order of the choices. */
export const perform = async (play: Play, events: readonly Event[], choices: readonly number[]): Promise<void> => {
  let next = 0
  for (const choice of choices) {
    const { length } = await play.stage.stopped()
    const event = choice % (length + 1) === length ? events[next] : undefined
    if (event) EVENTS[event](play, (next += 1))
    else if (length > 0) play.stage.letOn(choice % length)
  }
  for (const event of events.slice(next)) EVENTS[event](play, (next += 1))
}

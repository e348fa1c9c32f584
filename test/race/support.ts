/** A whole tailor on a stage, and the question that every race asks: was any answer older than what its asker could already know? */
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

/** What came of a request: what the rendition says, a refusal's code, or that its asker left. */
export const ask = async (core: Core, key: string, leave?: AbortSignal): Promise<string> => {
  const parsed = parseKey(key.split("/"), core.grammar)
  if ("refused" in parsed) throw new Error(parsed.detail)
  try {
    const found = await core.answer(parsed, leave && (() => leave))
    return Buffer.from(await readBody(found)).toString()
  } catch (error) {
    if (leave?.aborted && error === leave.reason) return "left"
    const code = codeOf(error)
    if (code === undefined) throw error
    return code
  }
}

type Told = (content: string) => string

const at =
  (ending: string): Told =>
  (content) =>
    `${content} @ ${ending}`

/** Which originals a key can stand for, in order, and what its rendition says of each. */
const READINGS: Readonly<Record<string, readonly (readonly [original: string, told: Told])[]>> = {
  "480h/a.jpg": [["a.jpg", at("480h.")]],
  "1280w/a.jpg": [["a.jpg", at("1280w.")]],
  "480h/a.jpg.avif": [
    ["a.jpg", at("480h.avif")],
    ["a.jpg.avif", at("480h.")],
  ],
  "info/a.jpg.json": [["a.jpg", (content) => JSON.stringify({ content })]],
  // An address with two readings: the WebP of a.jpg, or else an original of that name.
  "480h/a.jpg.webp": [
    ["a.jpg", at("480h.webp")],
    ["a.jpg.webp", at("480h.")],
  ],
}

/** Everything that may be answered by somebody who looks at the world's states in order, one original after the other. */
const possible = (key: string, states: readonly Contents[]): ReadonlySet<string> => {
  const answers = new Set<string>()
  let from = 0
  for (const [original, told] of READINGS[key] ?? []) {
    const seen = states.slice(from).map((state) => state[original])
    for (const content of seen)
      if (content !== undefined) answers.add(content.startsWith(CORRUPT) ? "corrupt-original" : told(content))
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
  /** Sends a request; what is wrong with its answer is kept for {@link Play.faults}. */
  readonly ask: (key: string) => void
  /** The client that has waited longest goes away. */
  readonly leave: () => void
  /** Lets the first of those who have stopped on, until nobody is left. */
  readonly playOut: () => Promise<void>
  /** What was found wrong until now; a sentence each. */
  readonly faults: readonly string[]
  /** What lies in the store itself under a key, and what it was made from. */
  readonly stored: (key: string) => Promise<{ readonly meta: RenditionMeta; readonly text: string } | undefined>
}

export interface PlayOptions {
  readonly versions: Versions
  readonly isCached: boolean
  readonly limits?: Partial<WorkLimits>
}

/** What is wrong where more is decoded or rendered at one time than may be: what runs cannot be stopped, whoever has left. */
const watchCrowd = (step: Stage["step"], renders: number, faults: string[]): Stage["step"] => {
  let running = 0
  return async (name) => {
    running += 1
    if (running > renders) faults.push(`${running} ran at one time where ${renders} may, the last of them: ${name}`)
    try {
      await step(name)
    } finally {
      running -= 1
    }
  }
}

/** Opens the curtain. */
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
        `${key} was answered with "${answer}" although since it was asked for the world was ${JSON.stringify(states)}`,
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

/** A change of the world or a visitor, by what happens. */
export const EVENTS = {
  replace: ({ world }: Play, n: number): void => world.write("a.jpg", `a${n}`),
  corrupt: ({ world }: Play, n: number): void => world.write("a.jpg", `${CORRUPT}${n}`),
  remove: ({ world }: Play): void => world.remove("a.jpg"),
  restore: ({ world }: Play): void => world.write("a.jpg", "a0"),
  // The other reading of the same address.
  "write the other": ({ world }: Play, n: number): void => world.write("a.jpg.webp", `b${n}`),
  "remove the other": ({ world }: Play): void => world.remove("a.jpg.webp"),
  touch: ({ world }: Play): void => world.touch("a.jpg"),
  tick: ({ world }: Play): void => world.tick(),
  ask: (play: Play): void => play.ask("480h/a.jpg"),
  "ask for the other": (play: Play): void => play.ask("480h/a.jpg.webp"),
  "ask for another size": (play: Play): void => play.ask("1280w/a.jpg"),
  "ask for another format": (play: Play): void => play.ask("480h/a.jpg.avif"),
  "ask for the facts": (play: Play): void => play.ask("info/a.jpg.json"),
  leave: (play: Play): void => play.leave(),
} as const

export type Event = keyof typeof EVENTS

/** What the store holds after all has come to rest, where it should not. */
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

/** After all has come to rest: everybody who asks now, gets what is now, and what is stored by then is a hit. */
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

/** Begins with an original that somebody asks for. */
export const begin = (options: PlayOptions): Play => {
  const play = createPlay(options)
  play.world.write("a.jpg", "a0")
  play.ask("480h/a.jpg")
  return play
}

/** Lets events happen in their order, between steps in the order that the choices say. */
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

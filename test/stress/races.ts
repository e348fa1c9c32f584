import { seeded } from "../image/support.ts"
/**
 * Responsible for trials with changes, requests and disconnects in random orders, on the stage of test/race/.
 *
 * Invariants:
 * - No request gets a version that was gone before it began.
 * - No more renders run at once than allowed.
 * - Stored renditions are of the present version in the end.
 */
import { begin, type Event, EVENTS, perform, type PlayOptions, settle, storeFaults } from "../race/support.ts"
import type { Part } from "./part.ts"

const ALL = Object.keys(EVENTS) as readonly Event[]

/** Every key is requested at the end, before the store is checked: a request does not check other keys. */
const ASKS = ALL.filter((event) => event.startsWith("ask"))

const VERSIONS = ["changes", "times", "contents", "files"] as const

/** A random schedule. */
const draw = (
  random: () => number,
): { readonly options: PlayOptions; readonly events: readonly Event[]; readonly choices: readonly number[] } => {
  const below = (end: number): number => Math.floor(random() * end)
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T => from[below(from.length)] as T
  return {
    options: {
      versions: pick(VERSIONS),
      isCached: random() < 0.5,
      limits: { renders: 1 + below(4), memoryBytes: pick([300, 700, 5000]) },
    },
    events: Array.from({ length: below(16) }, () => pick(ALL)),
    choices: Array.from({ length: below(160) }, () => below(100)),
  }
}

/** Plays one schedule. @returns its faults */
const playOne = async (seed: number): Promise<readonly string[]> => {
  const { options, events, choices } = draw(seeded(seed))
  const play = begin(options)
  await perform(play, [...events, ...ASKS], choices)
  await play.playOut()
  const inStore = await storeFaults(play)
  await settle(play)
  return [...play.faults, ...inStore].map(
    (fault) => `${fault} (schedule ${seed}: ${JSON.stringify(options)}, ${events.join(", ")})`,
  )
}

export const races: Part = {
  name: "races",
  full: { count: 10_000, seconds: 600 },
  short: { count: 1000, seconds: 12 },
  run: async ({ count, random, isOver }) => {
    const broken: string[] = []
    let trials = 0
    for (; trials < count && !isOver(); trials++) broken.push(...(await playOne(Math.floor(random() * 2 ** 31))))
    return { trials, broken }
  },
}

/**
 * Hits and misses while originals change and other requests come and go. Races are played on a stage: at every point where a request waits
 * for a store or the renderer, an original changes, another request comes, or a client disconnects.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"

import { begin, type Event, EVENTS, perform, type Play, type PlayOptions, settle, storeFaults } from "./support.ts"

const STAGES: readonly (PlayOptions & { readonly name: string })[] = [
  { name: "versions that change with every change", versions: "changes", isCached: false },
  { name: "versions that change with every change, and a cache", versions: "changes", isCached: true },
  { name: "a coarse clock", versions: "times", isCached: false },
  { name: "a coarse clock, and a cache", versions: "times", isCached: true },
  { name: "versions that come back with restored bytes", versions: "contents", isCached: false },
  { name: "weak versions that many contents share", versions: "files", isCached: false },
  { name: "weak versions that many contents share, and a cache", versions: "files", isCached: true },
]

const CHANGES = ["replace", "corrupt", "remove", "restore", "touch"] as const satisfies readonly Event[]

/** Steps of a miss: eight calls of two steps each at most, and those of a second round. */
const STEPS = 22

/** Continues `steps` stopped calls, always the first or always the last. @returns false where all had ended before */
const playSteps = async (play: Play, steps: number, isLastFirst = false): Promise<boolean> => {
  for (let step = 0; step < steps; step++) {
    const { length } = await play.stage.stopped()
    if (length === 0) return false
    play.stage.letOn(isLastFirst ? length - 1 : 0)
  }
  await play.stage.stopped()
  return true
}

const EVENT_LIST = fc.array(fc.constantFrom(...(Object.keys(EVENTS) as Event[])), { maxLength: 12 })
const CHOICES = fc.array(fc.nat(100), { maxLength: 120 })

const PAIRS = [
  ["replace", "replace"],
  ["remove", "restore"],
  ["replace", "restore"],
  ["corrupt", "replace"],
  ["touch", "replace"],
] as const satisfies readonly (readonly Event[])[]

describe.each(STAGES)("with $name", (options) => {
  it.each(CHANGES)(
    "a request never gets a version that was gone before it began: %s at every step of a miss",
    async (change) => {
      for (let at = 0; at <= STEPS; at++) {
        for (const isLastFirst of [false, true]) {
          const play = begin(options)
          await playSteps(play, at)
          EVENTS[change](play, 1)
          play.ask("480h/a.jpg")
          await playSteps(play, 100, isLastFirst)
          await settle(play)
          expect(play.faults, `at step ${at}`).toEqual([])
        }
      }
    },
  )

  it("two changes at any two steps of a miss are seen by the requests after them", async () => {
    for (const [first, second] of PAIRS) {
      for (let at = 0; at <= STEPS; at++) {
        for (let then = at % 7; then <= STEPS; then += 7) {
          const play = begin(options)
          await playSteps(play, at)
          EVENTS[first](play, 1)
          play.ask("480h/a.jpg")
          await playSteps(play, then, true)
          EVENTS[second](play, 2)
          play.ask("480h/a.jpg")
          await playSteps(play, 200, at % 2 === 0)
          await settle(play)
          expect(play.faults, `${first} at step ${at}, ${second} ${then} steps later`).toEqual([])
        }
      }
    }
  })

  it("no request gets a version that was gone before it began, in any order of events", async () => {
    await fc.assert(
      fc.asyncProperty(EVENT_LIST, CHOICES, async (events, choices) => {
        const play = begin(options)
        await perform(play, events, choices)
        await settle(play)
        expect(play.faults).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  it("stored renditions are of the present version in the end, or marked as unverified, in any order of events", async () => {
    await fc.assert(
      fc.asyncProperty(EVENT_LIST, CHOICES, async (events, choices) => {
        const play = begin(options)
        // Both keys are requested after the last change: a request does not check other keys.
        await perform(play, [...events, "ask", "ask for the other"], choices)
        await play.playOut()
        expect(await storeFaults(play)).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})

describe.each(STAGES.filter(({ versions }) => versions !== "times"))("with $name", (options) => {
  it.each(CHANGES)(
    "stored renditions are of the present version in the end: %s at every step of a miss",
    async (change) => {
      const faults: string[] = []
      for (let at = 0; at <= STEPS; at++) {
        for (let then = at % 3; then <= STEPS; then += 3) {
          const play = begin(options)
          await playSteps(play, at)
          EVENTS[change](play, 1)
          play.ask("480h/a.jpg")
          // The second request runs ahead so far, then the first one overtakes it.
          await playSteps(play, then, true)
          await playSteps(play, 1)
          await playSteps(play, 200, true)
          for (const fault of await storeFaults(play)) faults.push(`${fault}: at step ${at}, overtaken after ${then}`)
        }
      }
      expect(faults.slice(0, 5)).toEqual([])
    },
  )
})

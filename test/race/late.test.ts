/** Requests that come while an original is in use for others, and clients that leave it. Each was a bug once, found by test/stress/races.ts. */
import { describe, expect, it } from "vitest"

import { CORRUPT } from "../support/fake-renderer.ts"
import { begin, type Play } from "./support.ts"

const ONE = "480h/a.jpg"
const OTHER = "1280w/a.jpg"

/** Continues the call that stopped first, until one stops at a step of this name. */
const until = async (play: Play, name: string): Promise<void> => {
  for (;;) {
    const stopped = await play.stage.stopped()
    if (stopped.includes(name)) return
    if (stopped.length === 0) throw new Error(`No call reached ${name}.`)
    play.stage.letOn(0)
  }
}

/** Continues every call except the one that stopped first. */
const continueOthers = async (play: Play): Promise<void> => {
  for (let { length } = await play.stage.stopped(); length > 1; { length } = await play.stage.stopped())
    play.stage.letOn(length - 1)
}

/** The original has other bytes while it is read for another request, and its first ones again when this key is requested. */
const askAfter = async (key: string, others: string): Promise<Play> => {
  const play = begin({ versions: "contents", isCached: false })
  await until(play, "read of a.jpg begins")
  play.world.write("a.jpg", others)
  await until(play, "read of a.jpg ends")
  play.world.write("a.jpg", "a0")
  play.ask(key)
  await continueOthers(play)
  await play.playOut()
  return play
}

describe("late requests", () => {
  it("a late request does not get bytes that were read before their version was stable", async () => {
    const play = begin({ versions: "times", isCached: false })
    await until(play, "render")
    play.world.write("a.jpg", "a1")
    play.world.tick()
    play.ask(OTHER)
    await continueOthers(play)
    await play.playOut()
    expect(play.faults).toEqual([])
  })

  it.each([ONE, OTHER])(
    "a late request does not get another version that was read before the one that it saw came back: %s",
    async (key) => {
      const play = await askAfter(key, "a1")
      expect(play.faults).toEqual([])
      expect((await play.stored(key))?.text).toContain("a0 @")
    },
  )

  it.each([ONE, OTHER])(
    "a late request is not refused because of the former bytes of the original: %s",
    async (key) => {
      const play = await askAfter(key, CORRUPT)
      expect(play.faults).toEqual([])
    },
  )

  it("a late request does not wait for memory held by the pixels of the other when it has to read the original again", async () => {
    const play = begin({ versions: "changes", isCached: false, limits: { memoryBytes: 300 } })
    await until(play, "read of a.jpg begins")
    play.ask(OTHER)
    await continueOthers(play)
    play.world.write("a.jpg", "a1")
    await play.playOut()
    expect(play.faults).toEqual([])
  })
})

describe("clients", () => {
  it("a client that disconnects during a decode leaves its render slot taken until the decode has ended, since it cannot be stopped", async () => {
    const play = begin({ versions: "changes", isCached: false, limits: { renders: 1 } })
    play.ask(OTHER)
    await until(play, "decode")
    play.leave()
    await continueOthers(play)
    await play.playOut()
    expect(play.faults).toEqual([])
    expect((await play.stored(ONE))?.text).toBe("a0 @ 480h.")
  })
})

describe("refused originals", () => {
  it("an original that was refused in one size has no stored rendition of its former version in another size that is requested", async () => {
    const play = begin({ versions: "changes", isCached: false })
    await play.playOut()
    expect(await play.stored(ONE)).toBeDefined()
    play.world.write("a.jpg", CORRUPT)
    play.ask(OTHER)
    await play.playOut()
    play.ask(ONE)
    await play.playOut()
    expect(play.faults).toEqual([])
    expect(await play.stored(ONE)).toBeUndefined()
  })
})

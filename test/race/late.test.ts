/** Those who come while an original is in hand for others, and those who leave it. Each was a fault once, found by test/stress/races.ts. */
import { describe, expect, it } from "vitest"

import { CORRUPT } from "../support/fake-renderer.ts"
import { begin, type Play } from "./support.ts"

const ONE = "480h/a.jpg"
const OTHER = "1280w/a.jpg"

/** Lets on whoever stopped first, until somebody stops at a step of this name. */
const until = async (play: Play, name: string): Promise<void> => {
  for (;;) {
    const stopped = await play.stage.stopped()
    if (stopped.includes(name)) return
    if (stopped.length === 0) throw new Error(`Nobody came to ${name}.`)
    play.stage.letOn(0)
  }
}

/** Lets everybody on but who stopped first. */
const letOthersOn = async (play: Play): Promise<void> => {
  for (let { length } = await play.stage.stopped(); length > 1; { length } = await play.stage.stopped())
    play.stage.letOn(length - 1)
}

/** The original has other bytes while it is read for somebody else, and its own again when this key is asked for. */
const askAfter = async (key: string, others: string): Promise<Play> => {
  const play = begin({ versions: "contents", isCached: false })
  await until(play, "read of a.jpg begins")
  play.world.write("a.jpg", others)
  await until(play, "read of a.jpg ends")
  play.world.write("a.jpg", "a0")
  play.ask(key)
  await letOthersOn(play)
  await play.playOut()
  return play
}

describe("who comes while an original is in hand for another", () => {
  it("is not given what was read while its version proved nothing, once that version has settled", async () => {
    const play = begin({ versions: "times", isCached: false })
    await until(play, "render")
    play.world.write("a.jpg", "a1")
    play.world.tick()
    play.ask(OTHER)
    await letOthersOn(play)
    await play.playOut()
    expect(play.faults).toEqual([])
  })

  it.each([ONE, OTHER])("is not given another version that was read before his own came back: %s", async (key) => {
    const play = await askAfter(key, "a1")
    expect(play.faults).toEqual([])
    expect((await play.stored(key))?.text).toContain("a0 @")
  })

  it.each([ONE, OTHER])("is not refused for what the original was before: %s", async (key) => {
    const play = await askAfter(key, CORRUPT)
    expect(play.faults).toEqual([])
  })

  it("and has to read it again himself does not wait for the room that the other's pixels hold", async () => {
    const play = begin({ versions: "changes", isCached: false, limits: { memoryBytes: 300 } })
    await until(play, "read of a.jpg begins")
    play.ask(OTHER)
    await letOthersOn(play)
    play.world.write("a.jpg", "a1")
    await play.playOut()
    expect(play.faults).toEqual([])
  })
})

describe("who leaves while an original is decoded", () => {
  it("keeps his place until that is over, since it cannot be stopped", async () => {
    const play = begin({ versions: "changes", isCached: false, limits: { renders: 1 } })
    play.ask(OTHER)
    await until(play, "decode")
    play.leave()
    await letOthersOn(play)
    await play.playOut()
    expect(play.faults).toEqual([])
    expect((await play.stored(ONE))?.text).toBe("a0 @ 480h.")
  })
})

describe("an original that was refused in one size", () => {
  it("leaves nothing stored of a former one in another that is asked for", async () => {
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

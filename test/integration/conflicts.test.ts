/** Two servers on one folder of renditions that disagree: each of them reports it, once. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it, onTestFinished } from "vitest"

import { environment } from "../../src/config/load.ts"
import type { TailorConfig } from "../../src/config/options.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { openTailor } from "../../src/create-tailor.ts"
import { createConflictNotes, keepMarker } from "../../src/server/settings-marker.ts"
import { CONFLICT_NOTICES } from "../../src/tailor/conflicts.ts"
import { temporaryFolder } from "../support/folders.ts"
import { BLUE, flat, RED } from "../support/photos.ts"
import { createPhotos } from "../support/server.ts"

const PATHS = ["a", "b", "c", "d"].map((name) => `/60x40/${name}.jpg`)

interface Server {
  readonly notices: readonly string[]
  readonly ask: () => Promise<void>
}

const openServer = async (renditions: string, photo: Buffer, quality: number): Promise<Server> => {
  const photos = await createPhotos()
  for (const path of PATHS) await photos.write(path.slice("/60x40/".length), photo)
  const notices: string[] = []
  const config = resolveConfig(
    {
      originals: photos.folder,
      renditions,
      sizes: ["60x40"],
      quality,
      staleRecipe: "render",
      limits: { cacheBytes: 0 },
    },
    environment(),
  )
  const { fetch, idle } = openTailor({ ...config, isolation: "none" }, { onNotice: (text) => notices.push(text) })
  return {
    notices,
    ask: async () => {
      for (const path of PATHS) expect((await fetch(new Request(`http://localhost${path}`))).status).toBe(200)
      await idle()
    },
  }
}

describe("two servers on one folder of renditions", () => {
  it("report other settings", async () => {
    const renditions = await temporaryFolder()
    const photo = await flat({ colour: RED })
    const servers = await Promise.all([80, 40].map((quality) => openServer(renditions, photo, quality)))
    for (let round = 0; round < 3; round++) for (const server of servers) await server.ask()
    for (const { notices } of servers) {
      expect(notices).toHaveLength(1)
      expect(notices[0]).toContain("other settings")
    }
  })

  it("report other originals", async () => {
    const renditions = await temporaryFolder()
    // Of other dimensions, since files of one length, written at once, count as equal.
    const photos = [await flat({ colour: RED }), await flat({ colour: BLUE, width: 300, height: 200 })]
    const servers = await Promise.all(photos.map((photo) => openServer(renditions, photo, 80)))
    for (let round = 0; round < 3; round++) for (const server of servers) await server.ask()
    for (const { notices } of servers) {
      expect(notices).toHaveLength(1)
      expect(notices[0]).toContain("other originals")
    }
  })

  it("report nothing when they agree, nor when a photo is replaced", async () => {
    const renditions = await temporaryFolder()
    const photos = await createPhotos()
    const notices: string[] = []
    const config = resolveConfig({ originals: photos.folder, renditions, sizes: ["60x40"] }, environment())
    const tailors = [0, 1].map(() =>
      openTailor({ ...config, isolation: "none" }, { onNotice: (text) => notices.push(text) }),
    )
    for (const colour of [RED, BLUE, RED, BLUE]) {
      for (const path of PATHS) await photos.write(path.slice("/60x40/".length), await flat({ colour }))
      for (const { fetch, idle } of [...tailors, ...tailors]) {
        for (const path of PATHS) await fetch(new Request(`http://localhost${path}`))
        await idle()
      }
    }
    expect(notices).toEqual([])
  })
})

describe("the marker in a folder of renditions", () => {
  const open = async (renditions: string, size: string): Promise<readonly string[]> => {
    const config: TailorConfig = resolveConfig({ originals: ".", renditions, sizes: [size] }, environment())
    const conflicts: string[] = []
    const { close } = keepMarker(config, { onConflict: (text) => conflicts.push(text), checkEveryMs: 10 })
    onTestFinished(close)
    await new Promise((done) => setTimeout(done, 50))
    return conflicts
  }

  it("makes two running servers with other settings report each other, once", async () => {
    const renditions = await temporaryFolder()
    const [one, other] = [await open(renditions, "60x40"), await open(renditions, "90w")]
    for (const conflicts of [one, other]) await expect.poll(() => conflicts.length).toBe(1)
    expect(one[0]).toContain(renditions)
  })

  it("and requests that notice the same conflict report it once in all", () => {
    const notes: string[] = []
    const { onNotice, onConflict } = createConflictNotes((text) => notes.push(text))
    onNotice("Another sentence.")
    onNotice(CONFLICT_NOTICES.settings, "warn")
    onConflict("Another server with other settings uses the renditions in /renditions.")
    onNotice(CONFLICT_NOTICES.originals, "warn")
    expect(notes).toEqual(["Another sentence.", CONFLICT_NOTICES.settings, CONFLICT_NOTICES.originals])
  })

  it("reports nothing for servers with the same settings, and for servers that have ended", async () => {
    const renditions = await temporaryFolder()
    await writeFile(join(renditions, "settings.txt"), "of a server that has ended\n")
    const [one, other] = [await open(renditions, "60x40"), await open(renditions, "60x40")]
    expect([...one, ...other]).toEqual([])
  })
})

/** Tests servers with outdated lookups of originals that share renditions: such a server must not undo the work of another. */
import sharp from "sharp"
import { beforeAll, describe, expect, it } from "vitest"

import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { memoryOriginals, memoryRenditions } from "../../src/store/memory.ts"
import { recheckedOriginals } from "../../src/store/rechecked.ts"
import type { Originals, Renditions } from "../../src/store/store.ts"

const solid = (height: number): Promise<Buffer> =>
  sharp({ create: { width: 400, height, channels: 3, background: "#3060c0" } })
    .jpeg()
    .toBuffer()

let [first, second]: readonly Buffer[] = []
beforeAll(async () => {
  ;[first, second] = await Promise.all([solid(200), solid(400)])
})
const photo = (bytes: Buffer | undefined): Buffer => bytes ?? Buffer.alloc(0)

interface Replica extends Tailor {
  readonly reports: readonly RequestReport[]
}

/** A server that looks each original up once an hour, with a stopped clock. */
const replica = (originals: Originals, renditions: Renditions): Replica => {
  const reports: RequestReport[] = []
  const tailor = createTailor(
    {
      originals: recheckedOriginals(originals, 3600, () => 0),
      renditions,
      sizes: ["100w"],
      isolation: "none",
      limits: { cacheBytes: 0 },
    },
    { onRequest: (report) => void reports.push(report) },
  )
  return { ...tailor, reports }
}

const ask = async (tailor: Tailor): Promise<{ readonly status: number; readonly height: number | undefined }> => {
  const response = await tailor.fetch(new Request("http://localhost/100w/a.jpg"))
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, height: response.ok ? (await sharp(bytes).metadata()).height : undefined }
}

describe("a server that looks originals up once an hour", () => {
  it("a server that knows an older version serves the newer rendition that another server stored, without rendering", async () => {
    const [originals, renditions] = [memoryOriginals(), memoryRenditions()]
    originals.set("a.jpg", photo(first))
    const [behind, ahead] = [replica(originals, renditions), replica(originals, renditions)]
    expect(await ask(behind)).toEqual({ status: 200, height: 50 })
    await behind.idle()
    originals.set("a.jpg", photo(second))
    expect(await ask(ahead)).toEqual({ status: 200, height: 100 })
    await ahead.idle()
    expect(await ask(behind)).toEqual({ status: 200, height: 100 })
    expect(behind.reports.map(({ outcome }) => outcome)).toEqual(["miss", "hit"])
  })

  it("a server that knows an original as absent does not delete the rendition that another server stored since", async () => {
    const [originals, renditions] = [memoryOriginals(), memoryRenditions()]
    const [behind, ahead] = [replica(originals, renditions), replica(originals, renditions)]
    expect((await ask(behind)).status).toBe(404)
    originals.set("a.jpg", photo(first))
    expect((await ask(behind)).status).toBe(404)
    expect((await ask(ahead)).status).toBe(200)
    await ahead.idle()
    expect(await ask(behind)).toEqual({ status: 200, height: 50 })
    expect(behind.reports.at(-1)?.outcome).toBe("hit")
  })

  it("a server looks an original up again after storing, and renders one that was replaced in the meantime", async () => {
    const [memory, renditions] = [memoryOriginals(), memoryRenditions()]
    memory.set("a.jpg", photo(first))
    let replacements = 0
    const replacing: Originals = {
      ...memory,
      get: async (key, options) => {
        const object = await memory.get(key, options)
        if (replacements++ === 0) memory.set("a.jpg", photo(second))
        return object
      },
    }
    const tailor = replica(replacing, renditions)
    expect((await ask(tailor)).height).toBe(50)
    await tailor.idle()
    expect((await renditions.head("100w/a.jpg"))?.version).toBe("2")
    expect(await ask(tailor)).toEqual({ status: 200, height: 100 })
    expect(tailor.reports.at(-1)?.outcome).toBe("hit")
  })

  it("a server looks an original up again after storing, and deletes the rendition of one that was deleted in the meantime", async () => {
    const [memory, renditions] = [memoryOriginals(), memoryRenditions()]
    memory.set("a.jpg", photo(first))
    const removing: Originals = {
      ...memory,
      get: async (key, options) => {
        const object = await memory.get(key, options)
        memory.remove("a.jpg")
        return object
      },
    }
    const tailor = replica(removing, renditions)
    expect((await ask(tailor)).status).toBe(200)
    await tailor.idle()
    expect(await renditions.head("100w/a.jpg")).toBeUndefined()
    expect((await ask(tailor)).status).toBe(404)
  })
})

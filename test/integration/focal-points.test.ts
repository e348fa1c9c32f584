/** Focal points that come from outside of a program: metadata of objects on S3, and the file that `serve --watch` watches. */
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { s3Originals } from "../../src/store/s3/s3.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { colourAt, colourDistance, GREEN, paint, RED } from "../support/photos.ts"
import { startProcess } from "../support/process.ts"
import { createPhotos, send } from "../support/server.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const SIZES = [{ size: "100x100", name: "thumb", gravity: "smart" } as const, "50x50"]

/** Red on the left, green on the right. */
const halves = (): Promise<Buffer> =>
  paint({ width: 600, height: 200, colourOf: (x) => (x < 300 ? RED : GREEN), format: "png" })

const middleOf = async (image: Uint8Array): Promise<"red" | "green"> =>
  colourDistance(await colourAt(Buffer.from(image), 0.5, 0.5), RED) < 30 ? "red" : "green"

describe.skipIf(versitygw === undefined)("focal points on S3", () => {
  let server: S3Server
  beforeAll(async () => {
    server = await startVersitygw()
  })
  afterAll(() => server?.stop())

  const put = async (focalPoint: string | undefined): Promise<void> => {
    const headers = { "content-type": "image/png", ...(focalPoint && { "x-amz-meta-focal-point": focalPoint }) }
    const { status } = await server.ask("photos", "a.png", { method: "PUT", body: await halves(), headers })
    expect(status).toBe(200)
  }

  it("the metadata focal-point of an object moves its smart crops, and makes only those stale", async () => {
    await server.createBucket("photos")
    const reports: RequestReport[] = []
    const tailor = createTailor(
      {
        originals: s3Originals({ bucket: "photos", endpoint: server.endpoint, credentials: ROOT }),
        renditions: await temporaryFolder(),
        sizes: SIZES,
        isolation: "none",
        recheckSeconds: 0,
      },
      { onRequest: (report) => reports.push(report) },
    )
    onTestFinished(() => tailor.close())
    const get = async (path: string): Promise<readonly [outcome: string | undefined, colour: string]> => {
      const response = await tailor.fetch(new Request(`http://localhost${path}`))
      expect(response.status).toBe(200)
      const colour = await middleOf(new Uint8Array(await response.arrayBuffer()))
      await tailor.idle()
      return [reports.at(-1)?.outcome, colour]
    }
    await put("0.1,0.5")
    expect(await get("/thumb/a.png")).toEqual(["miss", "red"])
    expect((await get("/50x50/a.png"))[0]).toBe("miss")
    await put("0.9,0.5")
    expect(await get("/thumb/a.png")).toEqual(["miss", "green"])
    expect((await get("/50x50/a.png"))[0]).toBe("hit")
    // A value that is no point counts as none.
    await put("left")
    expect((await get("/thumb/a.png"))[0]).toBe("miss")
    await put(undefined)
    expect((await get("/thumb/a.png"))[0]).toBe("hit")
  })
})

describe("the file of focal points under serve --watch", () => {
  it("a changed point deletes exactly the stored smart renditions of its photo", { timeout: 30_000 }, async () => {
    const photos = await createPhotos()
    const [folder, renditions] = [await temporaryFolder(), await temporaryFolder()]
    const file = join(folder, "points.json")
    const write = async (points: Readonly<Record<string, readonly number[]>>): Promise<void> => {
      await writeFile(`${file}.new`, JSON.stringify(points))
      await rename(`${file}.new`, file)
    }
    await write({ "a.png": [0.1, 0.5], "b.png": [0.1, 0.5] })
    await photos.write("a.png", await halves())
    await photos.write("b.png", await halves())
    const config = join(folder, "imgtailor.config.json")
    await writeFile(config, JSON.stringify({ renditions, sizes: SIZES, focalPoints: "./points.json" }))
    const server = await startProcess(photos.folder, "--config", config, "--watch")
    const get = async (path: string): Promise<Buffer> => {
      const { status, body } = await send(server.port, path)
      expect(status).toBe(200)
      return body
    }
    const stored = (): Promise<readonly string[]> => filesBelow(join(renditions, "files"))
    const paths = ["50x50/a.png", "thumb/a.png", "thumb/b.png"]
    for (const path of paths) await get(`/${path}`)
    await expect.poll(stored).toEqual(paths)
    await write({ "a.png": [0.9, 0.5], "b.png": [0.1, 0.5] })
    await expect.poll(stored, { timeout: 10_000 }).toEqual(["50x50/a.png", "thumb/b.png"])
    expect(await middleOf(await get("/thumb/a.png"))).toBe("green")
  })
})

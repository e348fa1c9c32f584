/** Focal points that come from outside of a program: metadata of objects on S3, and the file that `serve --watch` watches. */
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest"

import { createTailor } from "../../src/create-tailor.ts"
import type { RequestReport } from "../../src/hooks.ts"
import { s3Originals } from "../../src/store/s3/s3.ts"
import type { Photo } from "../../src/studio/api.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { colourAt, colourDistance, GREEN, paint, RED } from "../support/photos.ts"
import { startProcess } from "../support/process.ts"
import { createPhotos, send } from "../support/server.ts"
import { startStudio } from "../support/studio.ts"
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

  it("one object beside the renditions moves the smart crops of its photos, and is read again regularly", async () => {
    await server.createBucket("shop")
    await server.createBucket("renditions")
    for (const key of ["a.png", "b.png"]) await server.putObject("shop", key, await halves(), "image/png")
    const write = (points: unknown): Promise<void> =>
      server.putObject("renditions", "focal-points.json", JSON.stringify(points), "application/json")
    const [reports, notices]: [RequestReport[], string[]] = [[], []]
    vi.stubEnv("AWS_ACCESS_KEY_ID", ROOT.accessKeyId)
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", ROOT.secretAccessKey)
    const tailor = createTailor(
      {
        originals: "s3://shop",
        renditions: "s3://renditions",
        focalPoints: "s3://renditions/focal-points.json",
        s3Endpoint: server.endpoint,
        sizes: SIZES,
        isolation: "none",
        recheckSeconds: 1,
      },
      {
        onRequest: (report) => reports.push(report),
        onNotice: (text) => void (text.includes("focal") && notices.push(text)),
      },
    )
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await tailor.close()
    })
    const get = async (path: string): Promise<string> => {
      const response = await tailor.fetch(new Request(`http://localhost${path}`))
      const colour = await middleOf(new Uint8Array(await response.arrayBuffer()))
      await tailor.idle()
      return `${reports.at(-1)?.outcome} ${colour}`
    }
    const paths = ["/thumb/a.png", "/thumb/b.png", "/50x50/a.png"]
    const getAll = async (): Promise<readonly string[]> => {
      const outcomes: string[] = []
      for (const path of paths) outcomes.push(await get(path))
      return outcomes.map((outcome) => outcome.split(" ")[0] ?? "")
    }

    // The first request waits for the points.
    await write({ "a.png": [0.1, 0.5], "b.png": [0.1, 0.5] })
    expect(await get("/thumb/a.png")).toBe("miss red")
    await getAll()
    expect(await getAll()).toEqual(["hit", "hit", "hit"])

    await write({ "a.png": [0.9, 0.5], "b.png": [0.1, 0.5], "c.png": "left" })
    await expect.poll(() => get("/thumb/a.png"), { timeout: 10_000 }).toBe("miss green")
    expect(await getAll()).toEqual(["hit", "hit", "hit"])
    expect(notices).toEqual([expect.stringContaining('Skipped 1, such as that of "c.png"')])

    // Points stay where the object cannot be used.
    await server.putObject("renditions", "focal-points.json", "{", "application/json")
    await expect.poll(async () => (await get("/thumb/a.png"), notices.length), { timeout: 10_000 }).toBe(2)
    expect(notices[1]).toMatch(
      /^s3:\/\/renditions\/focal-points\.json cannot be used, so focal points stay as they were: /,
    )
    expect(await getAll()).toEqual(["hit", "hit", "hit"])

    await server.deleteObject("renditions", "focal-points.json")
    await expect.poll(() => get("/thumb/b.png"), { timeout: 10_000 }).toMatch(/^miss/)
    expect((await getAll())[2]).toBe("hit")
    expect(notices).toHaveLength(2)
  }, 40_000)
})

describe.skipIf(versitygw === undefined)("the studio with focal points in an object", () => {
  it("saves points in the object beside the renditions, and uses them at once", async () => {
    const server = await startVersitygw()
    vi.stubEnv("AWS_ACCESS_KEY_ID", ROOT.accessKeyId)
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", ROOT.secretAccessKey)
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await server.stop()
    })
    await server.createBucket("renditions")
    const studio = await startStudio({
      isOpen: true,
      studioWrite: true,
      renditions: "s3://renditions/shop",
      focalPoints: "s3://renditions/shop/focal-points.json",
      s3Endpoint: server.endpoint,
      sizes: SIZES,
    })
    await studio.write("a.png", await halves())
    const pointOf = async (): Promise<unknown> => (await studio.json<Photo>("photo?key=a.png")).focalPoint
    const save = async (point: unknown): Promise<number> =>
      (await studio.call("PUT", "focal-point", { key: "a.png", point })).status
    expect(await pointOf()).toBeUndefined()
    expect(await save([0.25, 0.5])).toBe(204)
    expect(await pointOf()).toEqual([0.25, 0.5])
    await server.putObject("renditions", "shop/focal-points.json", '{ "odd": "kept" }', "application/json")
    expect(await save([0.75, 0.5])).toBe(204)
    expect(await (await server.ask("renditions", "shop/focal-points.json")).json()).toEqual({
      odd: "kept",
      "a.png": [0.75, 0.5],
    })
    expect(await pointOf()).toEqual([0.75, 0.5])
    expect(await save(null)).toBe(204)
    expect(await pointOf()).toBeUndefined()
  }, 20_000)
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

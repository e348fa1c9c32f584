/**
 * Tests of a render that read the old original and stores its rendition after the original was replaced or removed: the second pass of sync
 * deletes it. On a real S3 server, with moto for CloudFront.
 */
import { setTimeout as wait } from "node:timers/promises"

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"

import type { SyncEvent } from "../../src/aws/object-events.ts"
import { createSyncHandler, type SyncHandler } from "../../src/aws/sync.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { createTailor, type Tailor } from "../../src/create-tailor.ts"
import { cacheTagOf } from "../../src/store/cache-tag.ts"
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import { type Moto, motoServer, startMoto } from "../support/moto.ts"
import { type Colour, colourAt, colourDistance, flat, GREEN, RED } from "../support/photos.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const CAN_RUN = versitygw !== undefined && motoServer !== undefined

let server: S3Server
let faulty: FaultyS3
let moto: Moto
beforeAll(async () => {
  if (!CAN_RUN) return
  vi.stubEnv("AWS_KEY", ROOT.accessKeyId)
  vi.stubEnv("AWS_SECRET", ROOT.secretAccessKey)
  vi.spyOn(process.stdout, "write").mockReturnValue(true)
  ;[server, moto] = await Promise.all([startVersitygw(), startMoto()])
  faulty = await startFaultyS3(server.endpoint)
}, 30_000)
afterAll(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await faulty?.close()
  await Promise.all([server?.stop(), moto?.stop()])
})

interface Shop {
  readonly originals: string
  readonly renditions: string
  readonly distribution: string
  readonly renderer: Tailor
  readonly sync: SyncHandler
}

const open = async (name: string): Promise<Shop> => {
  const [originals, renditions] = [`${name}-photos`, `${name}-renditions`]
  for (const bucket of [originals, renditions]) await server.createBucket(bucket)
  const options = {
    originals: `s3://${originals}`,
    renditions: `s3://${renditions}`,
    sizes: ["64w"],
    recheckSeconds: 0,
  }
  const id = await moto.createDistribution()
  const config = resolveConfig({ ...options, s3Endpoint: server.endpoint }, environment())
  const distribution = { id, endpoint: moto.endpoint }
  return {
    originals,
    renditions,
    distribution: id,
    renderer: createTailor({ ...options, s3Endpoint: faulty.endpoint }),
    sync: createSyncHandler(async () => ({ config, cdnUrl: "", distribution })),
  }
}

const eventOf = (type: string, bucket: string): SyncEvent => ({
  "detail-type": type,
  detail: { bucket: { name: bucket }, object: { key: "shop/a.jpg" } },
})
const fromQueue = (event: SyncEvent): SyncEvent => ({ Records: [{ body: JSON.stringify(event) }] })

const KEY = "shop/64w/a.jpg"
const TAG = `#${cacheTagOf("shop/a.jpg")}`

const ask = async ({ renderer }: Shop): Promise<Response> => renderer.fetch(new Request(`http://localhost/${KEY}`))

const isOf = async (colour: Colour, response: Response): Promise<boolean> =>
  colourDistance(await colourAt(Buffer.from(await response.arrayBuffer()), 0.5, 0.5), colour) < 30

/** Lets a render read the red original, and holds its write while `change` happens. It cannot check the original again afterwards. */
const renderLate = async (shop: Shop, change: () => Promise<void>): Promise<Response> => {
  await server.putObject(shop.originals, "shop/a.jpg", await flat({ colour: RED }))
  let release = (): void => {}
  const until = new Promise<void>((done) => (release = done))
  faulty.takeLog()
  faulty.fail({ kind: "hold", until }, { methods: ["PUT"], times: 1 })
  const answering = ask(shop)
  while (!faulty.takeLog().some((line) => line.startsWith("PUT "))) await wait(5)
  await change()
  // Like a function that is frozen once it has answered.
  faulty.fail({ kind: "error", status: 403, code: "AccessDenied" }, { methods: ["GET", "DELETE"] })
  release()
  const response = await answering
  await shop.renderer.idle()
  faulty.heal()
  return response
}

describe.skipIf(!CAN_RUN)("a render that ends after its original has changed", () => {
  it.each(["Object Created", "Object Deleted"])(
    "the rendition is stored and cached until the second pass: %s",
    async (type) => {
      const isReplaced = type === "Object Created"
      const shop = await open(isReplaced ? "replaced" : "removed")
      const event = eventOf(type, shop.originals)
      const late = await renderLate(shop, async () => {
        if (isReplaced) await server.putObject(shop.originals, "shop/a.jpg", await flat({ colour: GREEN }))
        else await server.deleteObject(shop.originals, "shop/a.jpg")
        // Nothing is stored yet, so nothing can be cached.
        expect(await shop.sync(event)).toMatchObject({ originals: ["shop/a.jpg"], deleted: 0 })
        expect(await moto.invalidationsOf(shop.distribution)).toEqual([])
      })
      expect(await isOf(RED, late)).toBe(true)
      const stale = await server.ask(shop.renditions, KEY)
      expect(`#${stale.headers.get("x-amz-meta-cache-tag")}`).toBe(TAG)
      expect(await isOf(RED, stale)).toBe(true)

      expect(await shop.sync(fromQueue(event))).toMatchObject({ originals: ["shop/a.jpg"], deleted: 1 })
      expect(await server.keysIn(shop.renditions)).toEqual([])
      expect(await moto.invalidationsOf(shop.distribution)).toEqual([[TAG]])
      const now = await ask(shop)
      expect(now.status).toBe(isReplaced ? 200 : 404)
      expect(isReplaced && (await isOf(GREEN, now))).toBe(isReplaced)

      // Again, and in the wrong order: a deleted rendition is rendered again when it is requested.
      await shop.renderer.idle()
      for (const again of [fromQueue(event), event]) await shop.sync(again)
      expect(await server.keysIn(shop.renditions)).toEqual([])
      expect((await ask(shop)).status).toBe(isReplaced ? 200 : 404)
    },
  )
})

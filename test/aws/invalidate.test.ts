/** Tests of invalidations: the request to CloudFront, its signature, and failures. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { loadFunction } from "../../src/aws/function-config.ts"
import { invalidate } from "../../src/aws/invalidate.ts"
import { cacheTagOf } from "../../src/store/cache-tag.ts"
import type { CredentialSource, S3Credentials } from "../../src/store/s3/credential-types.ts"
import { cachedCredentials } from "../../src/store/s3/credentials.ts"
import { type Moto, motoServer, startMoto } from "../support/moto.ts"

const TEMPORARY: S3Credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "token/of+role==",
}
const sourceOf = (credentials: S3Credentials): CredentialSource => cachedCredentials(async () => credentials)

interface Received {
  readonly url: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

type Refusal = readonly [status: number, code: string]

/** A server with CloudFront's messages. It sends the errors in order, then accepts requests. */
const startRecorder = async (...refusals: readonly Refusal[]): Promise<{ endpoint: string; received: Received[] }> => {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const refusal = refusals[received.length]
      received.push({ url: request.url, headers: request.headers, body })
      const answer = refusal
        ? `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>${refusal[1]}</Code><Message>because</Message></Error><RequestId>1</RequestId></ErrorResponse>`
        : `<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I1</Id><Status>InProgress</Status></Invalidation>`
      response.writeHead(refusal?.[0] ?? 201, { "content-length": Buffer.byteLength(answer) }).end(answer)
    })
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

const referenceOf = ({ body }: Received): string => /<CallerReference>(.*)<\/CallerReference>/.exec(body)?.[1] ?? ""

describe("invalidate", () => {
  it("an invalidation names one tag for each original, and is signed with the role's token", async () => {
    const { endpoint, received } = await startRecorder()
    const id = await invalidate({ id: "E1", endpoint }, ["a.jpg", "größe 1+1.jpg"], sourceOf(TEMPORARY))
    expect(id).toBe("I1")
    const [request] = received
    expect(request?.url).toBe("/2020-05-31/distribution/E1/invalidation")
    expect(request?.body).toContain("<Quantity>2</Quantity>")
    expect(request?.body.match(/<Path>[^<]*<\/Path>/g)).toEqual(
      ["a.jpg", "größe 1+1.jpg"].map((original) => `<Path>#${cacheTagOf(original)}</Path>`),
    )
    expect(request?.headers["x-amz-security-token"]).toBe(TEMPORARY.sessionToken)
    const [, signed = ""] = /SignedHeaders=([^,]*)/.exec(request?.headers.authorization ?? "") ?? []
    expect(signed.split(";")).toContain("x-amz-security-token")
    expect(request?.headers.authorization).toContain("/us-east-1/cloudfront/aws4_request")
  })

  it.each<Refusal>([
    [429, "TooManyRequests"],
    [503, "ServiceUnavailable"],
    [400, "TooManyInvalidationsInProgress"],
    [400, "Throttling"],
    [403, "ExpiredToken"],
  ])("an invalidation is repeated with the same reference after %i %s", async (...refusal) => {
    const { endpoint, received } = await startRecorder(refusal)
    expect(await invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))).toBe("I1")
    expect(new Set(received.map(referenceOf)).size).toBe(1)
    expect(received.length).toBe(2)
  })

  it("each call has another reference, since CloudFront answers a repeated one with the old invalidation", async () => {
    const { endpoint, received } = await startRecorder()
    for (const _ of [1, 2]) await invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    expect(new Set(received.map(referenceOf)).size).toBe(2)
  })

  it("an invalidation fails after three attempts, and at once with advice if repetition would not help", async () => {
    const busy: Refusal = [503, "ServiceUnavailable"]
    const { endpoint, received } = await startRecorder(busy, busy, busy)
    const again = invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    await expect(again).rejects.toMatchObject({ code: "store-unavailable" })
    expect(received.length).toBe(3)

    const denying = await startRecorder([403, "AccessDenied"])
    const denied = invalidate({ id: "E1", endpoint: denying.endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    await expect(denied).rejects.toMatchObject({
      code: "store-denied",
      message: expect.stringContaining("cloudfront:CreateInvalidation") as string,
    })
    expect(denying.received.length).toBe(1)
  })
})

describe("the distribution of a function", () => {
  const ENV = { BUCKET: "shop", SIZES: "64w", AWS_REGION: "eu-central-1" }

  it("the distribution is IMGTAILOR_DISTRIBUTION, at AWS_ENDPOINT_URL_CLOUDFRONT", async () => {
    expect((await loadFunction(ENV)).distribution).toBeUndefined()
    const env = { ...ENV, IMGTAILOR_DISTRIBUTION: "E2EXAMPLE1ABCD" }
    expect((await loadFunction(env)).distribution).toEqual({
      id: "E2EXAMPLE1ABCD",
      endpoint: "https://cloudfront.amazonaws.com",
    })
    const elsewhere = { ...env, AWS_ENDPOINT_URL_CLOUDFRONT: "http://127.0.0.1:5000/" }
    expect((await loadFunction(elsewhere)).distribution?.endpoint).toBe("http://127.0.0.1:5000")
  })

  it.each([
    [{ IMGTAILOR_DISTRIBUTION: "d111.cloudfront.net" }, "IMGTAILOR_DISTRIBUTION: Expected the ID"],
    [{ IMGTAILOR_DISTRIBUTIONS: "E1" }, "IMGTAILOR_DISTRIBUTIONS: unknown environment variable"],
    [{ IMGTAILOR_DISTRIBUTION: "E1", AWS_ENDPOINT_URL_CLOUDFRONT: "moto" }, "AWS_ENDPOINT_URL_CLOUDFRONT: Expected"],
  ])("the variables %j are refused", async (more, message) => {
    await expect(loadFunction({ ...ENV, ...more })).rejects.toThrow(message)
  })
})

describe.skipIf(motoServer === undefined)("invalidate with temporary credentials", () => {
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto()
  }, 30_000)
  afterAll(() => moto?.stop())

  it("credentials of a role are accepted, but not without their token or the permission", async () => {
    const id = await moto.createDistribution()
    const distribution = { id, endpoint: moto.endpoint }
    const sync = await moto.assumeRole("sync", ["cloudfront:CreateInvalidation"])
    const renderer = await moto.assumeRole("renderer", ["s3:GetObject"])
    await moto.enforce()
    expect(await invalidate(distribution, ["a.jpg"], sourceOf(sync))).toMatch(/^I?\w+$/)
    const refused = [{ ...sync, sessionToken: undefined }, { ...sync, sessionToken: "another" }, renderer]
    for (const credentials of refused)
      await expect(invalidate(distribution, ["a.jpg"], sourceOf(credentials))).rejects.toMatchObject({
        code: "store-denied",
      })
  })
})

/** What CloudFront is asked, as whom, and what becomes of its refusals. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest"

import { loadFunction } from "../../src/aws/function-config.ts"
import { invalidate } from "../../src/aws/invalidate.ts"
import type { CredentialSource, S3Credentials } from "../../src/store/s3/credential-types.ts"
import { cachedCredentials } from "../../src/store/s3/credentials.ts"
import { cacheTagOf } from "../../src/store/s3/record.ts"
import { type Moto, motoServer, startMoto } from "../support/moto.ts"

const TEMPORARY: S3Credentials = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "token/of+role==",
}
const sourceOf = (credentials: S3Credentials): CredentialSource => cachedCredentials(async () => credentials)

interface Asked {
  readonly url: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

type Refusal = readonly [status: number, code: string]

/** CloudFront's words; it refuses as often as there are refusals, and accepts after that. */
const startRecorder = async (...refusals: readonly Refusal[]): Promise<{ endpoint: string; asked: Asked[] }> => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const refusal = refusals[asked.length]
      asked.push({ url: request.url, headers: request.headers, body })
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
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const referenceOf = ({ body }: Asked): string => /<CallerReference>(.*)<\/CallerReference>/.exec(body)?.[1] ?? ""

describe("an invalidation", () => {
  it("names a tag an original, and is signed with the role's token", async () => {
    const { endpoint, asked } = await startRecorder()
    const id = await invalidate({ id: "E1", endpoint }, ["a.jpg", "größe 1+1.jpg"], sourceOf(TEMPORARY))
    expect(id).toBe("I1")
    const [request] = asked
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
  ])("is asked for again, under the same reference, after %i %s", async (...refusal) => {
    const { endpoint, asked } = await startRecorder(refusal)
    expect(await invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))).toBe("I1")
    expect(new Set(asked.map(referenceOf)).size).toBe(1)
    expect(asked.length).toBe(2)
  })

  it("has a reference of its own in each call: one that was used gets the old invalidation", async () => {
    const { endpoint, asked } = await startRecorder()
    for (const _ of [1, 2]) await invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    expect(new Set(asked.map(referenceOf)).size).toBe(2)
  })

  it("fails after three attempts, and at once where no other would help, with what to do", async () => {
    const busy: Refusal = [503, "ServiceUnavailable"]
    const { endpoint, asked } = await startRecorder(busy, busy, busy)
    const again = invalidate({ id: "E1", endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    await expect(again).rejects.toMatchObject({ code: "store-unavailable" })
    expect(asked.length).toBe(3)

    const denying = await startRecorder([403, "AccessDenied"])
    const denied = invalidate({ id: "E1", endpoint: denying.endpoint }, ["a.jpg"], sourceOf(TEMPORARY))
    await expect(denied).rejects.toMatchObject({
      code: "store-denied",
      message: expect.stringContaining("cloudfront:CreateInvalidation") as string,
    })
    expect(denying.asked.length).toBe(1)
  })
})

describe("the distribution", () => {
  const ENV = { BUCKET: "shop", SIZES: "64w", AWS_REGION: "eu-central-1" }

  it("is what IMGTAILOR_DISTRIBUTION says, reached where Amazon's variable says", async () => {
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
  ])("is refused where it is none: %j", async (more, complaint) => {
    await expect(loadFunction({ ...ENV, ...more })).rejects.toThrow(complaint)
  })
})

describe.skipIf(motoServer === undefined)("temporary credentials", () => {
  let moto: Moto
  beforeAll(async () => {
    moto = await startMoto()
  }, 30_000)
  afterAll(() => moto?.stop())

  it("of a role are accepted, and neither without their token nor without the permission", async () => {
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

import { writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

import { describe, expect, it, onTestFinished } from "vitest"

import { temporaryFolder } from "../../../test/support/folders.ts"
import type { S3Credentials } from "./credential-types.ts"
import { cachedCredentials, defaultCredentials } from "./credentials.ts"

const EXPIRES = "2030-01-01T00:00:00Z"

/** A metadata service: what it answers by method and path, and what it was asked with. */
const metadataService = async (
  answers: Readonly<Record<string, unknown>>,
): Promise<{ readonly origin: string; readonly asked: readonly IncomingMessage[] }> => {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const answer = answers[`${request.method} ${request.url}`]
    response.statusCode = answer === undefined ? 404 : 200
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer))
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(async () => {
    await new Promise((done) => {
      server.close(done)
      server.closeAllConnections()
    })
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const ANSWER = { AccessKeyId: "AK", SecretAccessKey: "SK", Token: "T", Expiration: EXPIRES }
const CREDENTIALS = {
  accessKeyId: "AK",
  secretAccessKey: "SK",
  sessionToken: "T",
  expiration: new Date(EXPIRES),
}
const NO_INSTANCE = { AWS_EC2_METADATA_DISABLED: "true" }

const missing = (name: string): Promise<never> =>
  Promise.reject(Object.assign(new Error(`Cannot find package '${name}'`), { code: "ERR_MODULE_NOT_FOUND" }))

describe("credentials are found", () => {
  it("in the environment, with their token", async () => {
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c" }
    expect(await defaultCredentials(env, missing).get()).toEqual({
      accessKeyId: "a",
      secretAccessKey: "b",
      sessionToken: "c",
    })
  })

  it("under AWS_KEY and AWS_SECRET before those of a role, and without its token", async () => {
    const env = {
      AWS_KEY: "k",
      AWS_SECRET: "s",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_SESSION_TOKEN: "c",
    }
    expect(await defaultCredentials(env, missing).get()).toEqual({ accessKeyId: "k", secretAccessKey: "s" })
  })

  it("not where one of a pair is missing: that is a mistake", async () => {
    await expect(defaultCredentials({ AWS_KEY: "k" }, missing).get()).rejects.toThrow("only AWS_KEY is set")
    await expect(defaultCredentials({ AWS_SECRET_ACCESS_KEY: "k" }, missing).get()).rejects.toThrow("AWS_ACCESS_KEY_ID")
  })

  it("from a container, with the token of a file that is read anew each time", async () => {
    const { origin, asked } = await metadataService({ "GET /creds": ANSWER })
    const file = join(await temporaryFolder(), "token")
    await writeFile(file, "first\n")
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/creds`, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file }
    const source = defaultCredentials(env, missing)
    const found = await source.get()
    expect(found).toEqual(CREDENTIALS)
    await writeFile(file, "second")
    source.forget(found)
    await source.get()
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(["first", "second"])
  })

  it("from no container that is another machine in the clear", async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/creds" }
    await expect(defaultCredentials(env, missing).get()).rejects.toThrow("Expected https")
  })

  it("from an instance, by a token and its role", async () => {
    const { origin, asked } = await metadataService({
      "PUT /latest/api/token": "the-token",
      "GET /latest/meta-data/iam/security-credentials/": "the-role\n",
      "GET /latest/meta-data/iam/security-credentials/the-role": { ...ANSWER, Code: "Success" },
    })
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: origin }
    expect(await defaultCredentials(env, missing).get()).toEqual(CREDENTIALS)
    expect(asked.map(({ headers }) => headers["x-aws-ec2-metadata-token"])).toEqual([
      undefined,
      "the-token",
      "the-token",
    ])
  })

  it("by Amazon's package where an instance has no role, or nobody answers", async () => {
    const { origin } = await metadataService({ "PUT /latest/api/token": "the-token" })
    const names: string[] = []
    const load = async (name: string): Promise<unknown> => {
      names.push(name)
      return { fromNodeProviderChain: () => async () => CREDENTIALS }
    }
    for (const env of [
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: origin },
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" },
      NO_INSTANCE,
      { AWS_PROFILE: "shop", AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" },
    ])
      expect(await defaultCredentials(env, load).get()).toEqual(CREDENTIALS)
    expect(new Set(names)).toEqual(new Set(["@aws-sdk/credential-providers"]))
  })

  it("nowhere, and then it is said what would help", async () => {
    await expect(defaultCredentials(NO_INSTANCE, missing).get()).rejects.toThrow(
      "npm install @aws-sdk/credential-providers",
    )
  })
})

describe("credentials that expire", () => {
  const at = (minutes: number): S3Credentials => ({
    accessKeyId: `until ${minutes}`,
    secretAccessKey: "s",
    expiration: new Date(minutes * 60_000),
  })

  it("are replaced some minutes before, by one request however many ask", async () => {
    let now = 0
    let asked = 0
    const source = cachedCredentials(
      async () => {
        asked += 1
        await new Promise((done) => setImmediate(done))
        return at(60 * asked)
      },
      () => now,
    )
    const all = await Promise.all(Array.from({ length: 20 }, () => source.get()))
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["until 60"]))
    now = 50 * 60_000
    expect((await source.get()).accessKeyId).toBe("until 60")
    now = 56 * 60_000
    const later = await Promise.all(Array.from({ length: 20 }, () => source.get()))
    expect(new Set(later.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["until 120"]))
    expect(asked).toBe(2)
  })

  it("are used to their end where no new ones can be had, and not after", async () => {
    let now = 0
    let works = true
    const source = cachedCredentials(
      async () => {
        if (!works) throw new Error("no answer")
        return at(60)
      },
      () => now,
    )
    await source.get()
    works = false
    now = 58 * 60_000
    expect((await source.get()).accessKeyId).toBe("until 60")
    now = 61 * 60_000
    await expect(source.get()).rejects.toThrow("no answer")
    works = true
    expect((await source.get()).accessKeyId).toBe("until 60")
  })
})

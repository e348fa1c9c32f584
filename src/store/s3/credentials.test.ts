import { writeFile } from "node:fs/promises"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"

import { describe, expect, it, onTestFinished } from "vitest"

import { temporaryFolder } from "../../../test/support/folders.ts"
import type { S3Credentials } from "./credential-types.ts"
import { cachedCredentials, defaultCredentials } from "./credentials.ts"

const EXPIRES = "2030-01-01T00:00:00Z"

/** A metadata service with these responses by method and path, and the requests that it received. */
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

describe("defaultCredentials", () => {
  it("defaultCredentials reads keys and token from the environment", async () => {
    const env = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_SESSION_TOKEN: "c" }
    expect(await defaultCredentials(env, missing).get()).toEqual({
      accessKeyId: "a",
      secretAccessKey: "b",
      sessionToken: "c",
    })
  })

  it("defaultCredentials prefers AWS_KEY and AWS_SECRET to the keys of a role, and then uses no token", async () => {
    const env = {
      AWS_KEY: "k",
      AWS_SECRET: "s",
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_SESSION_TOKEN: "c",
    }
    expect(await defaultCredentials(env, missing).get()).toEqual({ accessKeyId: "k", secretAccessKey: "s" })
  })

  it("defaultCredentials rejects half a pair of keys", async () => {
    await expect(defaultCredentials({ AWS_KEY: "k" }, missing).get()).rejects.toThrow("only AWS_KEY is set")
    await expect(defaultCredentials({ AWS_SECRET_ACCESS_KEY: "k" }, missing).get()).rejects.toThrow("AWS_ACCESS_KEY_ID")
  })

  it("defaultCredentials reads the keys of a container, with a token from a file that is read each time", async () => {
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

  it("defaultCredentials sends no token to another machine without TLS", async () => {
    const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://example.com/creds" }
    await expect(defaultCredentials(env, missing).get()).rejects.toThrow("Expected https")
  })

  it("defaultCredentials reads the keys of an instance's role", async () => {
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

  it("defaultCredentials uses Amazon's package if an instance has no role, or no metadata service responds", async () => {
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

  it("defaultCredentials names the package to install if no credentials are found", async () => {
    await expect(defaultCredentials(NO_INSTANCE, missing).get()).rejects.toThrow(
      "npm install @aws-sdk/credential-providers",
    )
  })
})

describe("cachedCredentials", () => {
  const at = (minutes: number): S3Credentials => ({
    accessKeyId: `until ${minutes}`,
    secretAccessKey: "s",
    expiration: new Date(minutes * 60_000),
  })

  it("cachedCredentials replaces credentials some minutes before they expire, with one lookup for concurrent callers", async () => {
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

  it("cachedCredentials uses old credentials until they expire if the lookup fails, and not longer", async () => {
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

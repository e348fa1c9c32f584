/** Tests `imgtailor serve` on buckets: its introduction, several processes on one bucket, and missing credentials. */
import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import { launchServe, type LaunchOptions, runCommand } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined) return
  server = await startVersitygw()
})
afterAll(() => server?.stop())

const photo = (width: number, height: number): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background: "#3060c0" } })
    .jpeg()
    .toBuffer()

const launchOptions = async (): Promise<LaunchOptions> => ({
  cwd: await temporaryFolder(),
  env: {
    AWS_ACCESS_KEY_ID: ROOT.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT.secretAccessKey,
    IMGTAILOR_SIZES: "200w",
    IMGTAILOR_S3_ENDPOINT: server.endpoint,
  },
})

interface Counts {
  readonly hit: number
  readonly miss: number
  readonly coalesced: number
}

const countsOf = async (url: string): Promise<Counts> =>
  ((await (await fetch(`${url}/healthz`)).json()) as { requests: Counts }).requests

const heightAt = async (address: string): Promise<number | undefined> => {
  const response = await fetch(address)
  return (await sharp(Buffer.from(await response.arrayBuffer())).metadata()).height
}

describe.skipIf(versitygw === undefined)("imgtailor serve s3://", () => {
  it("serve prints working URLs of the bucket's originals, and purge deletes their renditions", async () => {
    await server.createBucket("shown")
    await server.putObject("shown", "in/deep/größe 1+1.jpg", await photo(800, 600))
    await server.putObject("shown", "in/notes.txt", "no photo")
    const options = await launchOptions()
    const places = ["--renditions", "s3://shown/out"]
    const { url, urls, img, originals } = await launchServe(["s3://shown/in", ...places], options)
    expect(originals).toBe("s3://shown/in")
    expect(urls).toEqual([`${url}/deep/200w/gr%C3%B6%C3%9Fe%201%2B1.jpg`])
    expect(img).toContain(`src="${urls[0]}"`)
    expect(await heightAt(urls[0] ?? "")).toBe(150)
    const purge = ["purge", "deep/größe 1+1.jpg", "--originals", "s3://shown/in", ...places, "--json"]
    expect(await runCommand(purge, options)).toMatchObject({ code: 0, stdout: expect.stringContaining("1") })
    expect(await server.keysIn("shown")).toEqual(["in/deep/größe 1+1.jpg", "in/notes.txt"])
  })

  it("two processes render an original at most once each, store it once and send identical responses", async () => {
    await server.createBucket("replicas")
    await server.putObject("replicas", "in/a.jpg", await photo(3000, 2000))
    const args = ["s3://replicas/in", "--renditions", "s3://replicas/out", "--recheck-seconds", "1"]
    const options = await launchOptions()
    const urls = (await Promise.all([launchServe(args, options), launchServe(args, options)])).map(({ url }) => url)

    const asked = Array.from({ length: 200 }, async (_, at) => {
      const response = await fetch(`${urls[at % 2]}/200w/a.jpg.webp`)
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()).toString("base64") }
    })
    const answers = await Promise.all(asked)
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
    expect(await server.keysIn("replicas")).toEqual(["in/a.jpg", "out/200w/a.jpg.webp"])
    const counts = await Promise.all(urls.map(countsOf))
    for (const { miss, coalesced, hit } of counts) {
      expect(miss).toBeLessThanOrEqual(1)
      expect(miss + coalesced + hit).toBe(100)
    }
    expect(counts.some(({ miss }) => miss === 1)).toBe(true)

    // Both notice a replaced original after at most the configured seconds.
    await server.putObject("replicas", "in/a.jpg", await photo(3000, 1000))
    for (const url of urls) await expect.poll(() => heightAt(`${url}/200w/a.jpg.webp`), { timeout: 10_000 }).toBe(67)
    expect(await server.keysIn("replicas")).toEqual(["in/a.jpg", "out/200w/a.jpg.webp"])
  })

  it("without credentials, serve refuses to start, and says where they were looked for and what to do", async () => {
    const { cwd } = await launchOptions()
    const env = { AWS_EC2_METADATA_DISABLED: "true", AWS_REGION: "eu-central-1", IMGTAILOR_SIZES: "200w" }
    const { code, stderr } = await runCommand(["serve", "s3://no-such-bucket-of-ours", "--port", "0"], { cwd, env })
    expect(code).toBe(1)
    expect(stderr).toContain("Cannot use s3://no-such-bucket-of-ours: Found no credentials in the environment")
    expect(stderr).toContain("npm install @aws-sdk/credential-providers")
  })
})

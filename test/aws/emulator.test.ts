/** The functions under Lambda's runtime interface emulator, which speaks Lambda's own protocol and holds them to its limits. */
import { copyFile } from "node:fs/promises"
import { join } from "node:path"

import { afterAll, beforeAll, describe, expect, it } from "vitest"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { describe as headerOf, flat, noise } from "../support/photos.ts"
import { findTools } from "../support/tools.ts"
import { freePort, ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const emulator = findTools("aws-lambda-rie")?.["aws-lambda-rie"]

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined || emulator === undefined) return
  server = await startVersitygw()
  for (const bucket of ["shop", "originals", "renditions"]) await server.createBucket(bucket)
})
afterAll(() => server?.stop())

interface Function {
  readonly url: string
  readonly invoke: (event: EventV2) => Promise<ProxyResult>
}

/** A function under the emulator; sharp is found as in a layer. */
const startFunction = async (name: "redirect" | "direct", env: Readonly<Record<string, string>>): Promise<Function> => {
  const task = await temporaryFolder()
  await copyFile(join(PACKAGE, "dist", "functions", `${name}.mjs`), join(task, "index.mjs"))
  const [port, apiPort] = [await freePort(), await freePort()]
  const addresses = [
    "--runtime-interface-emulator-address",
    `127.0.0.1:${port}`,
    "--runtime-api-address",
    `127.0.0.1:${apiPort}`,
  ]
  const command = [...addresses, process.execPath, join(PACKAGE, "test", "support", "lambda-runtime.mjs")]
  const running = launch(emulator ?? "", command, {
    cwd: task,
    env: {
      LAMBDA_TASK_ROOT: task,
      NODE_PATH: join(PACKAGE, "node_modules"),
      AWS_LAMBDA_FUNCTION_TIMEOUT: "15",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
      AWS_KEY: ROOT.accessKeyId,
      AWS_SECRET: ROOT.secretAccessKey,
      IMGTAILOR_S3_ENDPOINT: server.endpoint,
      ...env,
    },
  })
  const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`
  await expect
    .poll(
      () =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true)
  const invoke: Function["invoke"] = async (event) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify(event) })
    const text = await response.text()
    expect(text, `the emulator says ${text.slice(0, 300)} ${running.stderr().slice(-2000)}`).toContain('"statusCode"')
    return JSON.parse(text) as ProxyResult
  }
  return { url, invoke }
}

const requestContext = { domainName: "abc.lambda-url.eu-central-1.on.aws", http: { method: "GET" } }

describe.skipIf(versitygw === undefined || emulator === undefined)("under Lambda's emulator", () => {
  it("the redirect flow's function stores and redirects, then answers with the bytes, and refuses", async () => {
    await server.putObject("shop", "dir/a.jpg", await flat({ width: 800, height: 600 }))
    const env = { BUCKET: "shop", CDN_URL: "https://images.example.com", SIZES: "360x270" }
    const { invoke } = await startFunction("redirect", env)
    const ask = (key: string): Promise<ProxyResult> =>
      invoke({ version: "2.0", rawPath: "/resizer", rawQueryString: `key=${key}`, requestContext })
    expect(await ask("dir/360x270/a.jpg")).toMatchObject({
      statusCode: 301,
      headers: { location: "https://images.example.com/dir/360x270/a.jpg" },
    })
    expect(await server.keysIn("shop")).toEqual(["dir/360x270/a.jpg", "dir/a.jpg"])
    const again = await ask("dir/360x270/a.jpg")
    expect(await headerOf(Buffer.from(again.body, "base64"))).toMatchObject({ width: 360, height: 270 })
    expect((await ask("dir/360x271/a.jpg")).statusCode).toBe(400)
  })

  it("the direct flow's function stays within 6 MB: what fits is answered, what does not is stored and asked for again", async () => {
    await server.putObject("originals", "fits.png", await noise({ width: 1200, height: 1200 }))
    await server.putObject("originals", "long.png", await noise({ width: 1300, height: 1300 }))
    const env = {
      IMGTAILOR_ORIGINALS: "s3://originals",
      IMGTAILOR_RENDITIONS: "s3://renditions",
      IMGTAILOR_SIZES: "1300w",
    }
    const { invoke } = await startFunction("direct", env)
    const fits = await invoke({ version: "2.0", rawPath: "/1300w/fits.png", requestContext })
    expect(fits.statusCode).toBe(200)
    // Nearly all of what Lambda takes.
    expect(fits.body.length).toBeGreaterThan(5_500_000)
    const long = await invoke({ version: "2.0", rawPath: "/1300w/long.png", requestContext })
    expect(long).toMatchObject({
      statusCode: 302,
      headers: { location: "/1300w/long.png", "cache-control": "no-store" },
    })
    expect(await server.keysIn("renditions")).toEqual(["1300w/fits.png", "1300w/long.png"])
  })

  it("the direct flow's function streams what would be too long in one piece", async () => {
    await server.putObject("originals", "streamed.png", await noise({ width: 1300, height: 1300 }))
    const { url } = await startFunction("direct", {
      IMGTAILOR_ORIGINALS: "s3://originals",
      IMGTAILOR_RENDITIONS: "s3://renditions",
      IMGTAILOR_SIZES: "1300w",
      IMGTAILOR_STREAMING: "true",
    })
    const event: EventV2 = { version: "2.0", rawPath: "/1300w/streamed.png", requestContext }
    const response = await fetch(url, { method: "POST", body: JSON.stringify(event) })
    const all = Buffer.from(await response.arrayBuffer())
    const at = all.indexOf(Buffer.alloc(8))
    const stored = await server.ask("renditions", "1300w/streamed.png")
    expect(JSON.parse(all.subarray(0, at).toString())).toMatchObject({
      statusCode: 200,
      headers: { etag: stored.headers.get("etag"), "content-type": "image/png" },
    })
    expect(all.subarray(at + 8).equals(Buffer.from(await stored.arrayBuffer()))).toBe(true)
  })
})

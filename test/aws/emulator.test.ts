/**
 * The functions under Lambda's runtime interface emulator, which has Lambda's protocol and its limit of responses. The runtime of the tests
 * adds the limit of memory.
 */
import { copyFile } from "node:fs/promises"
import { join } from "node:path"

import sharp from "sharp"
import { afterAll, beforeAll, describe, expect, it } from "vitest"

import type { EventV2, ProxyResult } from "../../src/aws/events.ts"
import { launch, PACKAGE } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { freePort } from "../support/free-port.ts"
import { describe as headerOf, flat, noise } from "../support/photos.ts"
import { findTools } from "../support/tools.ts"
import { ROOT, type S3Server, startVersitygw, versitygw } from "../support/versitygw.ts"

const emulator = findTools("aws-lambda-rie")?.["aws-lambda-rie"]

let server: S3Server
beforeAll(async () => {
  if (versitygw === undefined || emulator === undefined) return
  server = await startVersitygw()
  for (const bucket of ["shop", "originals", "renditions"]) await server.createBucket(bucket)
})
afterAll(() => server?.stop())

interface RunningFunction {
  readonly url: string
  readonly invoke: (event: EventV2) => Promise<ProxyResult>
  /** Calls the function. @returns its response, or the emulator's error */
  readonly tryInvoke: (event: EventV2) => Promise<Partial<ProxyResult>>
  readonly log: () => string
}

/** A function under the emulator, which finds sharp as in a layer. */
const startFunction = async (
  name: "redirect" | "direct",
  env: Readonly<Record<string, string>>,
): Promise<RunningFunction> => {
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
  const post = async (event: EventV2): Promise<string> =>
    (await fetch(url, { method: "POST", body: JSON.stringify(event) })).text()
  const invoke: RunningFunction["invoke"] = async (event) => {
    const text = await post(event)
    expect(text, `the emulator printed ${text.slice(0, 300)} ${running.stderr().slice(-2000)}`).toContain(
      '"statusCode"',
    )
    return JSON.parse(text) as ProxyResult
  }
  const tryInvoke: RunningFunction["tryInvoke"] = async (event) => JSON.parse(await post(event)) as Partial<ProxyResult>
  return { url, invoke, tryInvoke, log: () => running.stdout() + running.stderr() }
}

const requestContext = { domainName: "abc.lambda-url.eu-central-1.on.aws", http: { method: "GET" } }

describe.skipIf(versitygw === undefined || emulator === undefined)("a function under Lambda's emulator", () => {
  it("of the redirect flow stores and redirects, answers with the bytes the second time, and refuses", async () => {
    await server.putObject("shop", "dir/a.jpg", await flat({ width: 800, height: 600 }))
    const env = { BUCKET: "shop", CDN_URL: "https://images.example.com", SIZES: "360x270" }
    const { invoke } = await startFunction("redirect", env)
    const request = (key: string): Promise<ProxyResult> =>
      invoke({ version: "2.0", rawPath: "/resizer", rawQueryString: `key=${key}`, requestContext })
    expect(await request("dir/360x270/a.jpg")).toMatchObject({
      statusCode: 301,
      headers: { location: "https://images.example.com/dir/360x270/a.jpg" },
    })
    expect(await server.keysIn("shop")).toEqual(["dir/360x270/a.jpg", "dir/a.jpg"])
    const again = await request("dir/360x270/a.jpg")
    expect(await headerOf(Buffer.from(again.body, "base64"))).toMatchObject({ width: 360, height: 270 })
    expect((await request("dir/360x271/a.jpg")).statusCode).toBe(400)
  })

  it("of the direct flow answers with up to 6 MB, and redirects to a longer rendition once it is stored", async () => {
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
    // Nearly all that Lambda accepts.
    expect(fits.body.length).toBeGreaterThan(5_500_000)
    const long = await invoke({ version: "2.0", rawPath: "/1300w/long.png", requestContext })
    expect(long).toMatchObject({
      statusCode: 302,
      headers: { location: "/1300w/long.png", "cache-control": "no-store" },
    })
    expect(await server.keysIn("renditions")).toEqual(["1300w/fits.png", "1300w/long.png"])
  })

  it("of the direct flow streams a rendition that is too long for one piece", async () => {
    await server.putObject("originals", "streamed.png", await noise({ width: 1300, height: 1300 }))
    const { url } = await startFunction("direct", {
      IMGTAILOR_ORIGINALS: "s3://originals",
      IMGTAILOR_RENDITIONS: "s3://renditions",
      IMGTAILOR_SIZES: "1300w",
      IMGTAILOR_STREAMING: "true",
    })
    const event: EventV2 = { version: "2.0", rawPath: "/1300w/streamed.png", requestContext }
    const response = await fetch(url, { method: "POST", body: JSON.stringify(event) })
    const received = Buffer.from(await response.arrayBuffer())
    const at = received.indexOf(Buffer.alloc(8))
    const stored = await server.ask("renditions", "1300w/streamed.png")
    expect(JSON.parse(received.subarray(0, at).toString())).toMatchObject({
      statusCode: 200,
      headers: { etag: stored.headers.get("etag"), "content-type": "image/png" },
    })
    expect(received.subarray(at + 8).equals(Buffer.from(await stored.arrayBuffer()))).toBe(true)
  })

  it("is killed at its memory, and refuses the original that killed it from then on", { timeout: 60_000 }, async () => {
    // It takes 270 MB. Its estimate is below the limit that is set here, but above the default for a function with so little memory.
    const image = { create: { width: 6000, height: 6000, channels: 4, background: "#c81e1e80" } } as const
    const png = await sharp(image).png({ progressive: true, compressionLevel: 1 }).toBuffer()
    await server.putObject("originals", "heavy.png", png)
    await server.putObject("originals", "light.jpg", await flat({ width: 400, height: 300 }))
    const settings = {
      IMGTAILOR_ORIGINALS: "s3://originals",
      IMGTAILOR_RENDITIONS: "s3://renditions",
      IMGTAILOR_SIZES: "100w",
      AWS_LAMBDA_FUNCTION_TIMEOUT: "5",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "240",
    }
    const heavy: EventV2 = { version: "2.0", rawPath: "/100w/heavy.png", requestContext }
    const cautious = await startFunction("direct", settings)
    expect((await cautious.invoke(heavy)).statusCode).toBe(413)

    const { invoke, tryInvoke } = await startFunction("direct", { ...settings, IMGTAILOR_MEMORY_BYTES: "300000000" })
    const poll = { timeout: 30_000, interval: 1000 }
    const endAgain = async (): Promise<readonly string[]> => {
      expect(await tryInvoke(heavy)).toMatchObject({ errorType: "Runtime.ExitError" })
      return server.keysIn("renditions")
    }
    // On a busy machine it may be killed before its marker is stored. Then the next call stores one.
    await expect.poll(endAgain, poll).toContain("info/heavy.png.render")
    // The marker counts once the call would be over: another function may still be rendering until then.
    await expect.poll(async () => (await tryInvoke(heavy)).statusCode, poll).toBe(413)
    expect((await invoke({ ...heavy, rawPath: "/100w/light.jpg" })).statusCode).toBe(200)
  })
})

// A real S3 server to measure with (versitygw), and a proxy that adds the latency of a cloud.
import { mkdirSync } from "node:fs"
import { createServer, request } from "node:http"
import { join } from "node:path"

import { AwsClient } from "aws4fetch"

import { freePort, launch } from "./programs.mjs"

export const ROOT = { accessKeyId: "root", secretAccessKey: "root-secret" }

const untilUp = async (endpoint) => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`versitygw did not start at ${endpoint}`)
}

/** Starts an S3 server over a folder. `put` writes an object, or creates a bucket if there is no key. */
export const startS3 = async (versitygw, folder) => {
  for (const name of ["data", "iam"]) mkdirSync(join(folder, name), { recursive: true })
  const [port, adminPort] = [await freePort(), await freePort()]
  const endpoint = `http://127.0.0.1:${port}`
  const listen = ["--port", `127.0.0.1:${port}`, "--admin-port", `127.0.0.1:${adminPort}`]
  const storage = ["--iam-dir", join(folder, "iam"), "--keep-alive", "--quiet", "posix", join(folder, "data")]
  const child = launch(versitygw, [...listen, ...storage], {
    env: { ROOT_ACCESS_KEY: ROOT.accessKeyId, ROOT_SECRET_KEY: ROOT.secretAccessKey },
    stdio: "ignore",
  })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  const stop = async () => {
    child.kill("SIGKILL")
    await ended
  }
  const client = new AwsClient({ ...ROOT, service: "s3", region: "us-east-1" })
  const put = async (bucket, key = "", body) => {
    const response = await client.fetch(`${endpoint}/${bucket}/${key}`, { method: "PUT", body })
    if (!response.ok) throw new Error(`${bucket}/${key}: ${response.status} ${await response.text()}`)
  }
  try {
    await untilUp(endpoint)
  } catch (error) {
    await stop()
    throw error
  }
  return { endpoint, put, stop }
}

/** A proxy that forwards every request unchanged after `ms`. */
export const startDelay = async (endpoint, ms) => {
  const target = new URL(endpoint)
  const server = createServer((incoming, outgoingResponse) => {
    const { method, url: path, rawHeaders: headers } = incoming
    const forward = () => {
      const outgoing = request({ host: target.hostname, port: target.port, method, path, headers }, (response) => {
        outgoingResponse.writeHead(response.statusCode, response.rawHeaders)
        response.pipe(outgoingResponse)
      })
      outgoing.on("error", () => outgoingResponse.destroy())
      incoming.pipe(outgoing)
    }
    setTimeout(forward, ms)
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { endpoint: `http://127.0.0.1:${server.address().port}`, stop }
}

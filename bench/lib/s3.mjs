// A real S3 to measure with (versitygw), and a proxy in front of it that answers as late as one in a cloud does.
import { mkdirSync } from "node:fs"
import { createServer, request } from "node:http"
import { join } from "node:path"

import { AwsClient } from "aws4fetch"

import { freePort, launch } from "./programs.mjs"

export const ROOT = { accessKeyId: "root", secretAccessKey: "root-secret" }

const untilUp = async (endpoint) => {
  for (let look = 0; look < 200; look++) {
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

/** Starts one over a folder; `put` writes an object, and without a key makes a bucket. */
export const startS3 = async (versitygw, folder) => {
  for (const name of ["data", "iam"]) mkdirSync(join(folder, name), { recursive: true })
  const [port, adminPort] = [await freePort(), await freePort()]
  const endpoint = `http://127.0.0.1:${port}`
  const places = ["--port", `127.0.0.1:${port}`, "--admin-port", `127.0.0.1:${adminPort}`]
  const kept = ["--iam-dir", join(folder, "iam"), "--keep-alive", "--quiet", "posix", join(folder, "data")]
  const child = launch(versitygw, [...places, ...kept], {
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

/** Passes every request on, as it came, after `ms`. */
export const startDelay = async (endpoint, ms) => {
  const target = new URL(endpoint)
  const server = createServer((incoming, answer) => {
    const { method, url: path, rawHeaders: headers } = incoming
    const pass = () => {
      const outgoing = request({ host: target.hostname, port: target.port, method, path, headers }, (response) => {
        answer.writeHead(response.statusCode, response.rawHeaders)
        response.pipe(answer)
      })
      outgoing.on("error", () => answer.destroy())
      incoming.pipe(outgoing)
    }
    setTimeout(pass, ms)
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { endpoint: `http://127.0.0.1:${server.address().port}`, stop }
}

/**
 * Responsible for a real S3 server for tests: versitygw on a free port with temporary folders, and the calls that tests make besides
 * imgtailor (buckets, users, policies, objects of other programs).
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { promisify } from "node:util"

import { AwsV4Signer } from "aws4fetch"

import { encodeKey } from "../../src/sizes/key.ts"
import { freePort } from "./free-port.ts"
import { findTools } from "./tools.ts"

const run = promisify(execFile)

/** The program `versitygw`; undefined if it is not installed and tests may be skipped. @throws if they may not */
export const versitygw: string | undefined = findTools("versitygw")?.versitygw

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export const ROOT: Identity = { accessKeyId: "root", secretAccessKey: "root-secret" }

export interface Ask {
  readonly method?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** A running server. */
export interface S3Server {
  readonly endpoint: string
  /** The credentials of root. */
  readonly keys: Identity
  /** The id of its current process. */
  readonly pid: number
  /** Sends a request as root, and returns the response of any status. */
  readonly ask: (bucket: string, key: string, options?: Ask) => Promise<Response>
  readonly createBucket: (bucket: string) => Promise<void>
  /** Writes an object without imgtailor's metadata. */
  readonly putObject: (bucket: string, key: string, body: Uint8Array | string, type?: string) => Promise<void>
  readonly deleteObject: (bucket: string, key: string) => Promise<void>
  /** The keys in a bucket, sorted. */
  readonly keysIn: (bucket: string) => Promise<readonly string[]>
  /** Creates a user without permissions besides those of bucket policies or, with `hasIam`, of these statements. */
  readonly createUser: (name: string, statements?: readonly object[]) => Promise<Identity>
  readonly setPolicy: (bucket: string, statements: readonly object[]) => Promise<void>
  /** Ends the server and removes its objects. */
  readonly stop: () => Promise<void>
  /** Ends the server and keeps its objects. */
  readonly pause: () => Promise<void>
  /** Starts it again with the same URL and objects. */
  readonly resume: () => Promise<void>
}

/** The IAM API redirects a request without an action to the project's website. */
const isUp = async (endpoint: string): Promise<boolean> =>
  fetch(endpoint, { redirect: "manual" }).then(
    () => true,
    () => false,
  )

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once("exit", done))
  child.kill("SIGKILL")
  await ended
}

const succeed = async (response: Response, what: string): Promise<string> => {
  const text = await response.text()
  if (!response.ok) throw new Error(`${what}: ${response.status} ${text}`)
  return text
}

/** Signs a request as root and sends it. */
const askAt =
  (endpoint: string): S3Server["ask"] =>
  async (bucket, key, { method = "GET", query = "", headers = {}, body } = {}) => {
    const url = `${endpoint}/${bucket}/${encodeKey(key)}${query && `?${query}`}`
    const signer = new AwsV4Signer({
      ...ROOT,
      method,
      url,
      headers: { ...headers },
      ...(body !== undefined && { body }),
      service: "s3",
      region: "us-east-1",
    })
    const signed = await signer.sign()
    return fetch(signed.url, {
      method,
      headers: signed.headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : new Uint8Array(body) }),
    })
  }

/** Creates a user with a policy through the IAM API, as root. */
const createUserAt = async (endpoint: string, name: string, statements: readonly object[]): Promise<Identity> => {
  const ask = async (parameters: Readonly<Record<string, string>>): Promise<string> => {
    const body = new URLSearchParams({ Version: "2010-05-08", UserName: name, ...parameters }).toString()
    const headers = { "content-type": "application/x-www-form-urlencoded" }
    const to = { method: "POST", url: `${endpoint}/`, headers, body, service: "iam", region: "us-east-1" }
    const signed = await new AwsV4Signer({ ...ROOT, ...to }).sign()
    const sent = { method: "POST", headers: signed.headers, body }
    return succeed(await fetch(signed.url, sent), parameters["Action"] ?? "")
  }
  await ask({ Action: "CreateUser" })
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: statements })
  await ask({ Action: "PutUserPolicy", PolicyName: "work", PolicyDocument })
  const created = await ask({ Action: "CreateAccessKey" })
  const textOf = (element: string): string => new RegExp(`<${element}>([^<]*)<`).exec(created)?.[1] ?? ""
  return { accessKeyId: textOf("AccessKeyId"), secretAccessKey: textOf("SecretAccessKey") }
}

const toolsAt = (endpoint: string): Omit<S3Server, "pid" | "stop" | "pause" | "resume" | "createUser"> => {
  const ask = askAt(endpoint)
  return {
    endpoint,
    keys: ROOT,
    ask,
    createBucket: async (bucket) => void (await succeed(await ask(bucket, "", { method: "PUT" }), "create bucket")),
    putObject: async (bucket, key, body, type = "image/jpeg") => {
      const headers = { "content-type": type }
      await succeed(await ask(bucket, key, { method: "PUT", body, headers }), `put ${key}`)
    },
    deleteObject: async (bucket, key) =>
      void (await succeed(await ask(bucket, key, { method: "DELETE" }), `delete ${key}`)),
    keysIn: async (bucket) => {
      const text = await succeed(await ask(bucket, "", { query: "list-type=2" }), "list")
      return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = ""]) => key).toSorted()
    },
    setPolicy: async (bucket, statements) => {
      const body = JSON.stringify({ Version: "2012-10-17", Statement: statements })
      await succeed(await ask(bucket, "", { method: "PUT", query: "policy=", body }), "policy")
    },
  }
}

/** Waits until the server responds. @throws if it ends before, or takes more than ten seconds */
const untilUp = async (child: ChildProcess, endpoint: string): Promise<ChildProcess> => {
  for (let tries = 0; tries < 200; tries++) {
    if (await isUp(endpoint)) return child
    if (child.exitCode !== null) break
    await wait(50)
  }
  await end(child)
  throw new Error(`versitygw did not start on ${endpoint}`)
}

export interface S3ServerOptions {
  /** Receives an event for every change in any bucket, by POST. @default no events are sent */
  readonly eventsUrl?: string
  /** Runs the IAM API too, so that users can have policies. @default false */
  readonly hasIam?: boolean
}

/** Starts a server. The caller stops it. */
export const startVersitygw = async ({ eventsUrl, hasIam = false }: S3ServerOptions = {}): Promise<S3Server> => {
  if (versitygw === undefined) throw new Error("versitygw is not installed")
  const program = versitygw
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-s3-"))
  await Promise.all(["data", "iam"].map((name) => mkdir(join(folder, name))))
  const [port, adminPort, iamPort] = [await freePort(), await freePort(), await freePort()]
  const [endpoint, iamEndpoint] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${iamPort}`]
  const keys = ["-a", ROOT.accessKeyId, "-s", ROOT.secretAccessKey]
  const socket = join(folder, "iam.sock")

  const launch = (args: readonly string[], isUpAt: string): Promise<ChildProcess> => {
    const env = { ROOT_ACCESS_KEY: ROOT.accessKeyId, ROOT_SECRET_KEY: ROOT.secretAccessKey }
    return untilUp(spawn(program, args, { env, stdio: "ignore" }), isUpAt)
  }
  const startIam = (): Promise<ChildProcess> => {
    const kept = ["iam", "--dir", join(folder, "iam"), "--private-ports", socket]
    return launch(["--port", `127.0.0.1:${iamPort}`, ...kept], iamEndpoint)
  }
  const start = (): Promise<ChildProcess> => {
    const places = ["--port", `127.0.0.1:${port}`, "--admin-port", `127.0.0.1:${adminPort}`]
    const users = hasIam ? ["--iam-standalone-endpoint", socket] : ["--iam-dir", join(folder, "iam")]
    const events = eventsUrl === undefined ? [] : ["--event-webhook-url", eventsUrl]
    const kept = ["--keep-alive", "--quiet", "posix", join(folder, "data")]
    return launch([...places, ...users, ...events, ...kept], endpoint)
  }

  const iam = hasIam ? await startIam() : undefined
  let child = await start()
  return {
    ...toolsAt(endpoint),
    get pid() {
      return child.pid ?? 0
    },
    createUser: async (name, statements) => {
      if (statements) return createUserAt(iamEndpoint, name, statements)
      const admin = ["admin", "--endpoint-url", `http://127.0.0.1:${adminPort}`, ...keys]
      await run(program, [...admin, "create-user", "--access", name, "--secret", `${name}-secret`, "--role", "user"])
      return { accessKeyId: name, secretAccessKey: `${name}-secret` }
    },
    pause: () => end(child),
    resume: async () => {
      child = await start()
    },
    stop: async () => {
      await Promise.all([child, ...(iam ? [iam] : [])].map(end))
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

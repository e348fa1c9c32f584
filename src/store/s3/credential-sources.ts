/** Responsible for the places where AWS credentials come from: one function per place. Each returns undefined if its place has none, and throws if its place is misconfigured. */
import { readFile } from "node:fs/promises"

import { exchange, type Reply } from "../transport.ts"
import type { ImportPackage, S3Credentials } from "./credential-types.ts"

type Env = NodeJS.ProcessEnv

/** Metadata services run on the same machine or next to it, or do not exist. */
const LIMITS = { idleMs: 1000, wholeMs: 3000, maxBytes: 65_536 }

const pairOf = (env: Env, id: string, secret: string): readonly [string, string] | undefined => {
  const [accessKeyId, secretAccessKey] = [env[id], env[secret]]
  if (!accessKeyId && !secretAccessKey) return undefined
  if (!accessKeyId || !secretAccessKey)
    throw new Error(`Set both ${id} and ${secret}: only ${accessKeyId ? id : secret} is set`)
  return [accessKeyId, secretAccessKey]
}

/**
 * Keys in the environment. `AWS_KEY` and `AWS_SECRET` take precedence: a Lambda function always has the other variables, with the keys
 * of its role, so these are set deliberately.
 */
export const environmentCredentials = (env: Env): S3Credentials | undefined => {
  const own = pairOf(env, "AWS_KEY", "AWS_SECRET")
  if (own) return { accessKeyId: own[0], secretAccessKey: own[1] }
  const pair = pairOf(env, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
  const sessionToken = env["AWS_SESSION_TOKEN"] || undefined
  return pair && { accessKeyId: pair[0], secretAccessKey: pair[1], sessionToken }
}

/** The response of a container's or instance's metadata service. */
const parseCredentials = ({ status, body }: Reply, from: string): S3Credentials => {
  let answer: Partial<Record<"AccessKeyId" | "SecretAccessKey" | "Token" | "Expiration", string>> | undefined
  try {
    answer = JSON.parse(Buffer.from(body).toString("utf8")) as typeof answer
  } catch {
    answer = undefined
  }
  if (!answer?.AccessKeyId || !answer.SecretAccessKey)
    throw new Error(`Expected credentials from ${from}, got status ${status} without any`)
  return {
    accessKeyId: answer.AccessKeyId,
    secretAccessKey: answer.SecretAccessKey,
    sessionToken: answer.Token,
    expiration: answer.Expiration === undefined ? undefined : new Date(answer.Expiration),
  }
}

/**
 * Hosts that may receive a token without TLS: this machine, ECS and EKS (AWS SDKs and Tools Reference Guide, "Container credential
 * provider").
 */
const LINK_LOCAL: ReadonlySet<string> = new Set([
  "localhost",
  "[::1]",
  "169.254.170.2",
  "169.254.170.23",
  "[fd00:ec2::23]",
])

const isTrusted = ({ protocol, hostname }: URL): boolean =>
  protocol === "https:" || LINK_LOCAL.has(hostname) || hostname.startsWith("127.")

const containerUrl = (env: Env): URL | undefined => {
  const relative = env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
  if (relative) return new URL(relative, "http://169.254.170.2")
  const full = env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
  if (!full) return undefined
  const url = new URL(full)
  if (isTrusted(url)) return url
  throw new Error(`AWS_CONTAINER_CREDENTIALS_FULL_URI: Expected https, or a URL of this machine, got ${url.origin}`)
}

/** The credentials of an ECS task or an EKS pod. */
export const containerCredentials = async (env: Env): Promise<S3Credentials | undefined> => {
  const url = containerUrl(env)
  if (!url) return undefined
  const file = env["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
  const token = file ? (await readFile(file, "utf8")).trim() : env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
  const headers = token ? { authorization: token } : {}
  return parseCredentials(await exchange({ method: "GET", url, headers }, LIMITS), url.origin)
}

/** The credentials of an EC2 instance, from version 2 of its metadata service, which requires a token. */
export const instanceCredentials = async (env: Env): Promise<S3Credentials | undefined> => {
  if (env["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined
  const base = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || "http://169.254.169.254"
  const request = (path: string, method: string, headers: Readonly<Record<string, string>>): Promise<Reply> =>
    exchange({ method, url: new URL(path, base), headers }, LIMITS)
  let token: Reply
  try {
    token = await request("/latest/api/token", "PUT", { "x-aws-ec2-metadata-token-ttl-seconds": "21600" })
  } catch {
    // Without a metadata service, this is no instance.
    return undefined
  }
  if (token.status !== 200) return undefined
  const headers = { "x-aws-ec2-metadata-token": Buffer.from(token.body).toString("latin1") }
  const roles = await request("/latest/meta-data/iam/security-credentials/", "GET", headers)
  const [role = ""] = Buffer.from(roles.body).toString("latin1").trim().split("\n")
  if (roles.status !== 200 || role === "") return undefined
  return parseCredentials(await request(`/latest/meta-data/iam/security-credentials/${role}`, "GET", headers), base)
}

/** Amazon's package for profiles, single sign-on and web identities. Optional, because it takes 10 MB. */
const PACKAGE = "@aws-sdk/credential-providers"

interface ProvidersPackage {
  readonly fromNodeProviderChain: () => () => Promise<S3Credentials>
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(PACKAGE)

/** The credentials of a profile, of single sign-on or of a web identity. */
export const profileCredentials = async (load: ImportPackage): Promise<S3Credentials> => {
  let providers: ProvidersPackage
  try {
    providers = (await load(PACKAGE)) as ProvidersPackage
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new Error(
      "Found no credentials in the environment (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), container or instance. " +
        `For profiles and single sign-on: npm install ${PACKAGE}`,
      { cause: error },
    )
  }
  return providers.fromNodeProviderChain()()
}

/**
 * Responsible for signatures between CloudFront and its origins: signing as an origin access control does, and verifying as a function URL
 * does. Both compute the signature on their own: the signer from the encoded path, the verifier from the decoded path.
 *
 * Services other than S3 sign the path encoded twice (IAM User Guide, "Create a signed AWS API request"). A path that is not in its
 * canonical encoding, such as one with a plus or a space, has a different signature on each side.
 */
import { createHash, createHmac } from "node:crypto"

import { AwsV4Signer } from "aws4fetch"

import type { Identity } from "../support/versitygw.ts"

/** The region of all parts of a rig. */
export const REGION = "us-east-1"

/** Signs a GET of an encoded path. @returns the headers of the request */
export const signGet = async (
  origin: string,
  path: string,
  service: "s3" | "lambda",
  identity: Identity,
): Promise<Readonly<Record<string, string>>> => {
  const signer = new AwsV4Signer({
    ...identity,
    url: origin + path,
    method: "GET",
    service,
    region: REGION,
  })
  const { headers } = await signer.sign()
  return { ...Object.fromEntries(headers), host: new URL(origin).host }
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

/** The path as the service understands it, encoded twice. */
const canonicalPath = (path: string): string =>
  path
    .split("/")
    .map((segment) => encode(encode(decodeURIComponent(segment))))
    .join("/")

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest()

/** A received request. */
export interface ReceivedRequest {
  readonly method: string
  /** Path and query, not decoded. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const AUTHORIZATION = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/

interface Authorization {
  readonly keyId: string
  readonly scope: string
  readonly signedNames: readonly string[]
  readonly signature: string
}

const parseAuthorization = (headers: ReceivedRequest["headers"]): Authorization | undefined => {
  const match = AUTHORIZATION.exec(headers["authorization"] ?? "")
  if (!match) return undefined
  const [, keyId = "", scope = "", names = "", signature = ""] = match
  return { keyId, scope, signedNames: names.split(";"), signature }
}

const canonicalRequest = ({ method, url, headers }: ReceivedRequest, names: readonly string[]): string => {
  const [path = "/", query = ""] = url.split("?")
  return [
    method,
    canonicalPath(path),
    query.split("&").toSorted().join("&"),
    ...names.map((name) => `${name}:${headers[name] ?? ""}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"] ?? sha256(""),
  ].join("\n")
}

/** True if a request without a body was signed with these keys for Lambda. */
export const isSignedForLambda = (request: ReceivedRequest, identity: Identity): boolean => {
  const authorization = parseAuthorization(request.headers)
  const date = request.headers["x-amz-date"] ?? ""
  const parts = [date.slice(0, 8), REGION, "lambda", "aws4_request"]
  const scope = parts.join("/")
  if (authorization?.keyId !== identity.accessKeyId || authorization.scope !== scope) return false
  const { signedNames, signature } = authorization
  if (!["host", "x-amz-date"].every((name) => signedNames.includes(name))) return false
  const key = parts.reduce<string | Buffer>(hmac, `AWS4${identity.secretAccessKey}`)
  const toSign = ["AWS4-HMAC-SHA256", date, scope, sha256(canonicalRequest(request, signedNames))].join("\n")
  return hmac(key, toSign).toString("hex") === signature
}

/**
 * Responsible for calls to AWS APIs other than S3: signed, sent, and repeated after a transient failure. The AWS SDK would take longer to
 * load than everything else in a function.
 *
 * Invariants:
 * - A call that was repeated was sent with the same body, so that an API with references counts it once.
 */
import { AwsV4Signer } from "aws4fetch"

import { codeOf, storeDenied, storeUnavailable } from "../errors.ts"
import { type Attempt, retry, type Retries } from "../retry.ts"
import type { CredentialSource, S3Credentials } from "../store/s3/credential-types.ts"
import { defaultCredentials } from "../store/s3/credentials.ts"
import { elementsOf, isExpired, isTransient, parseBody, type S3Failure, textOf } from "../store/s3/failure.ts"
import { type Exchange, exchange, isSuccess, type Reply } from "../store/transport.ts"

/** A call to an API. */
export interface AwsCall {
  readonly service: "cloudfront" | "lambda"
  /** The region that the signature is for. CloudFront has none: us-east-1. */
  readonly region: string
  readonly method: "GET" | "POST" | "DELETE"
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The called service and resource, for messages: `cloudfront: "E2EXAMPLE1ABCD"`. */
  readonly name: string
  /** True for a failure that repetition may repair, besides those of every API. */
  readonly isTransient?: (failure: S3Failure) => boolean
}

/** A success, or a failure that repetition would not change. */
export type AwsResult =
  | { readonly reply: Reply; readonly failure?: undefined }
  | { readonly reply?: undefined; readonly failure: S3Failure }

const LIMITS = { idleMs: 5000, wholeMs: 10_000 }
/** A function is called again with the same event if it fails, minutes later. */
const RETRIES: Retries = { attempts: 3, baseMs: 400, longestMs: 2000 }

const sign = async (
  call: AwsCall,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
): Promise<Exchange> => {
  const { body } = call
  const signer = new AwsV4Signer({
    method: call.method,
    url: call.url,
    headers: { ...call.headers },
    ...(body !== undefined && { body }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken && { sessionToken }),
    service: call.service,
    region: call.region,
  })
  const { method, url, headers } = await signer.sign()
  const sent = { method, url, headers: Object.fromEntries(headers) }
  return body === undefined ? sent : { ...sent, body: Buffer.from(body) }
}

/** CloudFront nests the error in a response; Lambda sends JSON, and the code in a header. */
const parseFailure = ({ status, headers, body }: Reply): S3Failure => {
  const [error] = elementsOf(parseBody(body), "Error")
  if (error) return { status, code: textOf(error, "Code"), message: textOf(error, "Message") }
  const code = String(headers["x-amzn-errortype"] ?? "").split(":")[0] ?? ""
  return { status, code, message: /"[Mm]essage":\s*"([^"]*)"/.exec(Buffer.from(body).toString())?.[1] ?? "" }
}

const describe = ({ status, code, message }: S3Failure): string =>
  `${[status, code].filter(Boolean).join(" ")}${message && `: ${message}`}`

const sendOnce = async (call: AwsCall, source: CredentialSource): Promise<Attempt<AwsResult>> => {
  const { service, name } = call
  const credentials = await source.get().catch((error: unknown) => {
    throw storeDenied(service, name, error)
  })
  const reply = await exchange(await sign(call, credentials), LIMITS)
  if (isSuccess(reply.status)) return { value: { reply } }
  const failure = parseFailure(reply)
  if (isExpired(failure)) source.forget(credentials)
  const mayPass = isTransient(failure) || isExpired(failure) || call.isTransient?.(failure)
  return mayPass ? { transient: toApiError(failure, call) } : { value: { failure } }
}

/** A failure as an error. @param advice what to do, a sentence with a space in front */
export const toApiError = (
  failure: S3Failure,
  { service, name }: Pick<AwsCall, "service" | "name">,
  advice = "",
): ReturnType<typeof storeDenied> => {
  const isDenied = failure.status === 401 || failure.status === 403
  return (isDenied ? storeDenied : storeUnavailable)(service, name, describe(failure) + advice)
}

/** Looked up once for all calls of a process. */
let shared: CredentialSource | undefined

/**
 * Calls an API.
 * @throws {store-unavailable} {store-denied} after three attempts that failed for a transient reason, or without credentials
 */
export const callAws = (
  call: AwsCall,
  source: CredentialSource = (shared ??= defaultCredentials()),
): Promise<AwsResult> =>
  retry(async () => {
    try {
      return await sendOnce(call, source)
    } catch (error) {
      if (codeOf(error)) throw error
      // Any failure of the network may pass.
      return { transient: storeUnavailable(call.service, call.name, error) }
    }
  }, RETRIES)

/** Responsible for S3's errors: reading them, deciding which are worth a repetition, and reporting them. */
import { parseXml, type XmlElement } from "@rgrove/parse-xml"

import { storeDenied, storeUnavailable, type TailorError } from "../../errors.ts"
import type { Reply } from "../transport.ts"

/** An error that S3 answered with. */
export interface S3Failure {
  readonly status: number
  /** S3's name for it: `NoSuchKey`, `AccessDenied`. Empty if a proxy answered in S3's place. */
  readonly code: string
  readonly message: string
  /** The region of the bucket, if it is another one. */
  readonly region?: string | undefined
  /** The server of the bucket, if it is another one. */
  readonly endpoint?: string | undefined
}

/** S3 API reference, "Error responses". Other servers send 429. */
const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
/** Transient failures with other statuses. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  "RequestTimeout",
  "OperationAborted",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
])

/** Failures that newer credentials repair. */
const EXPIRED_CODES: ReadonlySet<string> = new Set(["ExpiredToken", "InvalidToken", "TokenRefreshRequired"])

/** Failures with status 400 because of wrong credentials or a wrong region. */
const DENIED_CODES: ReadonlySet<string> = new Set([
  ...EXPIRED_CODES,
  "AuthorizationHeaderMalformed",
  "AuthorizationQueryParametersError",
  "IllegalLocationConstraintException",
  "InvalidRequest",
  "PermanentRedirect",
  "TemporaryRedirect",
])

/** The text of an element's first child of a name; empty if it has none. */
export const textOf = (element: XmlElement | null | undefined, name: string): string =>
  elementsOf(element, name)[0]?.text ?? ""

/** An element's children of a name. */
export const elementsOf = (element: XmlElement | null | undefined, name: string): readonly XmlElement[] =>
  (element?.children ?? []).filter((child): child is XmlElement => "name" in child && child.name === name)

/** The root element of an XML body; undefined for anything else, such as a proxy's HTML page. */
export const parseBody = (body: Uint8Array): XmlElement | undefined => {
  try {
    return parseXml(Buffer.from(body).toString("utf8").trimStart()).root ?? undefined
  } catch {
    return undefined
  }
}

const headerText = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0]

/** The error in a response that is no success. */
export const parseS3Failure = ({ status, headers, body }: Reply): S3Failure => {
  const root = parseBody(body)
  const error = root?.name === "Error" ? root : undefined
  const region = textOf(error, "Region") || headerText(headers["x-amz-bucket-region"])
  const endpoint = textOf(error, "Endpoint") || undefined
  return { status, code: textOf(error, "Code"), message: textOf(error, "Message"), region, endpoint }
}

/** True if the call may succeed a little later. */
export const isTransient = ({ status, code }: S3Failure): boolean =>
  TRANSIENT_STATUSES.has(status) || TRANSIENT_CODES.has(code)

/** True if the call may succeed with newer credentials. */
export const isExpired = ({ code }: S3Failure): boolean => EXPIRED_CODES.has(code)

/** True if a policy denied the call, which S3 also reports for a missing object. A proxy in front of S3 sends 403 without a code. */
export const isAccessDenied = ({ status, code }: S3Failure): boolean =>
  code === "AccessDenied" || (status === 403 && code === "")

/** The permission that is missing if S3 may not use the key of an object encrypted with AWS KMS; undefined for other failures. */
export const missingKmsPermission = (failure: S3Failure): string | undefined =>
  isAccessDenied(failure) ? /\bkms:\w+/i.exec(failure.message)?.[0] : undefined

/**
 * True if S3 states that the client may read the object, but that there is none: its message then names the permission that would
 * change the answer to `NoSuchKey`. Servers with the API of S3 have shorter messages.
 */
export const isMissingUnlisted = (failure: S3Failure): boolean =>
  isAccessDenied(failure) && /not authorized to perform: s3:ListBucket\b/.test(failure.message)

const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: " Create the bucket, or correct its name.",
  InvalidAccessKeyId: " Check the access key, and for temporary keys the session token.",
  SignatureDoesNotMatch: " Check the secret access key.",
}

const adviceFor = (failure: S3Failure): string => {
  const { code, status, region, endpoint } = failure
  if (code === "RequestTimeTooSkewed")
    return ` The clock of this machine shows ${new Date().toISOString()}: correct it.`
  const isElsewhere = status === 301 || status === 307 || code === "AuthorizationHeaderMalformed"
  if (isElsewhere && region) return ` The bucket is in region ${region}: set s3Region, or AWS_REGION.`
  if (isElsewhere && endpoint) return ` The bucket is at ${endpoint}: set s3Endpoint.`
  const permission = missingKmsPermission(failure)
  return permission === undefined ? (ADVICE[code] ?? "") : ` Allow ${permission} on the key that encrypts the object.`
}

/** A failure in one line: status, code, S3's message, and what to do. */
export const describeFailure = (failure: S3Failure): string => {
  const { status, code, message } = failure
  return `${[status, code].filter(Boolean).join(" ")}${message && `: ${message}`}${adviceFor(failure)}`
}

/**
 * A failure as `store-denied` if credentials, a policy or the region caused it, else as `store-unavailable`.
 * @param url `s3://bucket/key`
 */
export const toStoreError = (failure: S3Failure, url: string): TailorError => {
  const { status, code } = failure
  const isDenied = [301, 307, 401, 403].includes(status) || DENIED_CODES.has(code)
  return (isDenied ? storeDenied : storeUnavailable)("s3", url, describeFailure(failure))
}

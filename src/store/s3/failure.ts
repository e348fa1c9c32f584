/** What S3 says when it does not do what it was asked, and what that means to us. */
import { parseXml, type XmlElement } from "@rgrove/parse-xml"

import { storeDenied, storeUnavailable, type TailorError } from "../../errors.ts"
import type { Reply } from "./transport.ts"

/** A refusal that will not change by asking again. */
export interface S3Failure {
  readonly status: number
  /** As S3 names it: `NoSuchKey`, `AccessDenied`. Empty where a proxy answered in S3's place. */
  readonly code: string
  readonly message: string
  /** Where the bucket is, if it is elsewhere. */
  readonly region?: string | undefined
}

/** Statuses that pass. S3 API reference, "Error responses"; 429 is that of other servers. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])
/** The same by name, where the status alone does not tell. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  "RequestTimeout",
  "OperationAborted",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
])

/** Tokens that newer credentials replace. */
const OUTDATED_CODES: ReadonlySet<string> = new Set(["ExpiredToken", "InvalidToken", "TokenRefreshRequired"])

/** 400s that say we are not who we say, or not where we should be. */
const DENIED_CODES: ReadonlySet<string> = new Set([
  ...OUTDATED_CODES,
  "AuthorizationHeaderMalformed",
  "AuthorizationQueryParametersError",
  "IllegalLocationConstraintException",
  "InvalidRequest",
  "PermanentRedirect",
  "TemporaryRedirect",
])

/** The text of an element's child; empty where there is none. */
export const textOf = (element: XmlElement | null | undefined, name: string): string =>
  elementsOf(element, name)[0]?.text ?? ""

/** An element's children of one name. */
export const elementsOf = (element: XmlElement | null | undefined, name: string): readonly XmlElement[] =>
  (element?.children ?? []).filter((child): child is XmlElement => "name" in child && child.name === name)

/** The root of an XML answer; undefined where it is none, as with a proxy's page. */
export const parseBody = (body: Uint8Array): XmlElement | undefined => {
  try {
    return parseXml(Buffer.from(body).toString("utf8").trimStart()).root ?? undefined
  } catch {
    return undefined
  }
}

const headerText = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0]

/** What a reply that is no success says. */
export const parseS3Failure = ({ status, headers, body }: Reply): S3Failure => {
  const root = parseBody(body)
  const error = root?.name === "Error" ? root : undefined
  const region = textOf(error, "Region") || headerText(headers["x-amz-bucket-region"])
  return { status, code: textOf(error, "Code"), message: textOf(error, "Message"), region }
}

/** Worth asking again, a little later. */
export const isTransient = ({ status, code }: S3Failure): boolean =>
  PASSING_STATUSES.has(status) || PASSING_CODES.has(code)

/** Worth asking again with newer credentials. */
export const isExpired = ({ code }: S3Failure): boolean => OUTDATED_CODES.has(code)

/** Refused by a policy, which may also mean absent. A proxy in front says 403 without a code. */
export const isAccessDenied = ({ status, code }: S3Failure): boolean =>
  code === "AccessDenied" || (status === 403 && code === "")

const advice = ({ code, status, region }: S3Failure): string => {
  if (code === "RequestTimeTooSkewed") return ` This machine's clock says ${new Date().toISOString()}: set it right.`
  const isElsewhere = status === 301 || status === 307 || code === "AuthorizationHeaderMalformed"
  return isElsewhere && region ? ` The bucket is in region ${region}: set s3Region, or AWS_REGION.` : ""
}

/** A refusal as the error that callers see. `address` is `s3://bucket/key`. */
export const toStoreError = (failure: S3Failure, address: string): TailorError => {
  const { status, code, message } = failure
  const what = `${[status, code].filter(Boolean).join(" ")}${message && `: ${message}`}${advice(failure)}`
  const isDenied = status === 401 || status === 403 || status === 301 || status === 307 || DENIED_CODES.has(code)
  return (isDenied ? storeDenied : storeUnavailable)("s3", address, what)
}

/**
 * Responsible for measuring the edge function with CloudFront's own test, before it is deployed: CloudFront ends a function that takes too
 * long, and every image fails then.
 *
 * Invariants:
 * - The function that is created for the test is deleted again.
 */
import { randomUUID } from "node:crypto"

import { type XmlElement } from "@rgrove/parse-xml"

import { badConfig, storeUnavailable } from "../errors.ts"
import type { CredentialSource } from "../store/s3/credential-types.ts"
import { parseBody, textOf } from "../store/s3/failure.ts"
import { type AwsCall, callAws, toApiError } from "./aws-api.ts"
import type { EdgeRequest } from "./edge/handler.ts"

const VERSION = "2020-05-31"
const NAMESPACE = `http://cloudfront.amazonaws.com/doc/${VERSION}/`

/** Tests of each request. The utilisation varies from one to the next. */
const RUNS = 3

/** How to reach CloudFront's API. */
export interface TestFunctionOptions {
  /** Without a trailing slash. @default https://cloudfront.amazonaws.com */
  readonly endpoint?: string | undefined
  /** @default those of the process */
  readonly source?: CredentialSource | undefined
}

/** Chrome's. */
const ACCEPT = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

/** Requests whose time is representative: a usual URL, and the most expensive ones. */
const requestsFor = (basePath: string, size: string): readonly EdgeRequest[] =>
  [
    `/products/${size}/photo.jpg`,
    `/${"photos-of-2026/".repeat(60)}${size}/photo.jpg`,
    `/${"%C8%99".repeat(120)}/${size}/poz%C4%83%20(1).jpg`,
    "/products/361x271/photo.jpg",
  ].map((path) => ({
    method: "GET",
    uri: basePath + path,
    querystring: {},
    headers: { host: { value: "images.example.com" }, accept: { value: ACCEPT } },
    cookies: {},
  }))

const base64 = (text: string): string => Buffer.from(text).toString("base64")

const eventOf = (request: EdgeRequest): string =>
  JSON.stringify({
    version: "1.0",
    context: { eventType: "viewer-request" },
    viewer: { ip: "192.0.2.1" },
    request,
  })

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

/** @throws {bad-config} the function fails, as it would for every image @throws {store-unavailable} there is no result */
const utilisationIn = (root: XmlElement | undefined, name: string): number => {
  const [problem, percent] = [textOf(root, "FunctionErrorMessage"), textOf(root, "ComputeUtilization")]
  if (problem !== "") throw badConfig([`sizes: The edge function fails in CloudFront's test: ${problem}`])
  if (!/^\d+$/.test(percent)) throw storeUnavailable("cloudfront", name, "The result of the test has no utilisation.")
  return Number(percent)
}

/** Calls one operation of functions. @returns its root element, and the ETag that the next one needs */
const createCaller =
  (name: string, { endpoint = "https://cloudfront.amazonaws.com", source }: TestFunctionOptions) =>
  async (
    method: AwsCall["method"],
    path: string,
    { body, etag }: { readonly body?: string; readonly etag?: string },
  ): Promise<{ readonly root: XmlElement | undefined; readonly etag: string }> => {
    const call: AwsCall = {
      service: "cloudfront",
      region: "us-east-1",
      method,
      url: `${endpoint}/${VERSION}/function${path}`,
      headers: { "content-type": "application/xml", ...(etag !== undefined && { "if-match": etag }) },
      ...(body !== undefined && { body }),
      name,
    }
    const { reply, failure } = await callAws(call, source)
    if (failure) throw toApiError(failure, call)
    return { root: parseBody(reply.body), etag: reply.headers["etag"] ?? "" }
  }

/**
 * The highest compute utilisation of an edge function, in percent of CloudFront's limit. Needs `cloudfront:CreateFunction`, `TestFunction`
 * and `DeleteFunction`.
 * @param source of a function for viewer requests
 * @param list base path and the name of a listed size
 * @throws {store-unavailable} {store-denied} CloudFront refuses a call
 * @throws {bad-config} the function fails
 */
export const measureUtilisation = async (
  source: string,
  { basePath, size }: { readonly basePath: string; readonly size: string },
  options: TestFunctionOptions = {},
): Promise<number> => {
  const name = `imgtailor-test-${randomUUID()}`
  const call = createCaller(name, options)
  const config = `<FunctionConfig><Comment>Deleted after a test.</Comment><Runtime>cloudfront-js-2.0</Runtime></FunctionConfig>`
  const created = await call("POST", "", {
    body: `<CreateFunctionRequest xmlns="${NAMESPACE}"><Name>${name}</Name>${config}<FunctionCode>${base64(source)}</FunctionCode></CreateFunctionRequest>`,
  })
  const { etag } = created
  const test = async (request: EdgeRequest): Promise<number> => {
    const body = `<TestFunctionRequest xmlns="${NAMESPACE}"><Stage>DEVELOPMENT</Stage><EventObject>${base64(eventOf(request))}</EventObject></TestFunctionRequest>`
    const { root } = await call("POST", `/${name}/test`, { body, etag })
    return utilisationIn(root, name)
  }
  try {
    const highest: number[] = []
    for (const request of requestsFor(basePath, size)) {
      const runs: number[] = []
      for (let run = 0; run < RUNS; run++) runs.push(await test(request))
      highest.push(median(runs))
    }
    return Math.max(...highest)
  } finally {
    await call("DELETE", `/${name}`, { etag })
  }
}

/** Responsible for a small simulation of the calls that `imgtailor deploy` makes before a deployment, to CloudFront and Lambda. */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { runInNewContext } from "node:vm"

import { onTestFinished } from "vitest"

/** How the account answers. */
export interface AccountOptions {
  /** Percent of CloudFront's limit that each test of a function takes. */
  readonly utilisation?: number
  /** Message with which each test of a function fails. */
  readonly functionError?: string
  readonly concurrentExecutions?: number
  readonly unreserved?: number
  /** Deny every call. */
  readonly isDenied?: boolean
}

/** A running simulation. */
export interface Account {
  /** Variables of a process that calls it. */
  readonly env: Readonly<Record<string, string>>
  /** Method and path of each call, with names of functions as `NAME`. */
  readonly calls: readonly string[]
}

const decode = (xml: string, name: string): string =>
  Buffer.from(new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? "", "base64").toString()

interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const DENIED: Answer = {
  status: 403,
  body: "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User is not authorized</Message></Error></ErrorResponse>",
}

/** Starts a simulation, which ends with the test. */
export const startAccount = async (options: AccountOptions = {}): Promise<Account> => {
  const { utilisation = 12, functionError, concurrentExecutions = 1000, unreserved = 1000, isDenied = false } = options
  const calls: string[] = []
  const sources = new Map<string, string>()

  const onFunction = (method: string, name: string | undefined, isTest: boolean, xml: string): Answer => {
    if (name === undefined) {
      const created = /<Name>([^<]*)<\/Name>/.exec(xml)?.[1] ?? ""
      sources.set(created, decode(xml, "FunctionCode"))
      return { status: 201, headers: { etag: "E1" }, body: "<FunctionSummary/>" }
    }
    const source = sources.get(name)
    if (source === undefined) return { status: 404 }
    if (!isTest) {
      sources.delete(name)
      return { status: method === "DELETE" ? 204 : 405 }
    }
    const event = decode(xml, "EventObject")
    const result: unknown = runInNewContext(`${source};handler(${event})`)
    if (functionError !== undefined)
      return {
        status: 200,
        body: `<TestResult><FunctionErrorMessage>${functionError}</FunctionErrorMessage></TestResult>`,
      }
    const body = `<TestResult><FunctionErrorMessage></FunctionErrorMessage><FunctionOutput>${typeof result}</FunctionOutput><ComputeUtilization>${utilisation}</ComputeUtilization></TestResult>`
    return { status: 200, body }
  }

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method = "GET", url = "" } = request
    const body = await text(request)
    const [, isFunction, name, test] = /^\/2020-05-31\/(function)(?:\/([^/]+))?(\/test)?$/.exec(url) ?? []
    calls.push(`${method} ${name === undefined ? url : url.replace(name, "NAME")}`)
    if (isDenied || !request.headers.authorization?.startsWith("AWS4-HMAC-SHA256")) return DENIED
    if (isFunction) return onFunction(method, name, test !== undefined, body)
    const AccountLimit = {
      ConcurrentExecutions: concurrentExecutions,
      UnreservedConcurrentExecutions: unreserved,
    }
    return url === "/2016-08-19/account-settings/"
      ? { status: 200, body: JSON.stringify({ AccountLimit }) }
      : { status: 404 }
  }

  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers = {}, body = "" }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => void server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    env: {
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL_CLOUDFRONT: endpoint,
      AWS_ENDPOINT_URL_LAMBDA: endpoint,
    },
    calls,
  }
}

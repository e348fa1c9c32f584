/** Responsible for one environment of a function: a process under Lambda's runtime interface emulator, which handles one event at a time. */
import { buffer } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

import { freePort } from "../support/free-port.ts"
import { needTools } from "../support/tools.ts"
import { answers, type Parts } from "./processes.ts"

const RUNTIME = fileURLToPath(new URL("../support/lambda-runtime.mjs", import.meta.url))

/** Time-out of every function. Twice that of the stack: a busy machine is slower than Lambda. */
export const TIMEOUT_SECONDS = 60

/** Default of the stack. The runtime kills a function that takes more. */
const MEMORY_MB = 1536

/** Environment variables. */
export type Env = Readonly<Record<string, string>>

/** A deployed function. */
export interface FunctionOptions {
  /** The folder with the contents of its zip. */
  readonly folder: string
  /** The Node that runs it. */
  readonly node: string
  readonly env: Env
}

/** A running environment. */
export interface Emulator {
  /** Calls the function. @returns the bytes that it streamed or returned */
  readonly invoke: (event: object) => Promise<Buffer>
  readonly isBusy: () => boolean
  readonly log: () => string
}

/** Starts an environment. */
export const startEmulator = async (parts: Parts, { folder, node, env }: FunctionOptions): Promise<Emulator> => {
  const program = needTools("aws-lambda-rie")["aws-lambda-rie"]
  const [port, apiPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const addresses = ["--runtime-interface-emulator-address", `127.0.0.1:${port}`]
  const api = ["--runtime-api-address", `127.0.0.1:${apiPort}`]
  const limits = {
    AWS_LAMBDA_FUNCTION_TIMEOUT: String(TIMEOUT_SECONDS),
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MEMORY_MB),
  }
  let streamed: Buffer | undefined
  const stream = await parts.listen(async (request, response) => {
    streamed = await buffer(request)
    response.end()
  })
  const { log } = await parts.start(program, [...addresses, ...api, node, RUNTIME], {
    cwd: folder,
    env: { LAMBDA_TASK_ROOT: folder, STREAM_TO: stream.url, ...limits, ...env },
    isUp: () => answers(url),
  })
  let calls = 0
  const post = async (event: object): Promise<Buffer> => {
    calls += 1
    try {
      const path = "/2015-03-31/functions/function/invocations"
      const response = await fetch(url + path, { method: "POST", body: JSON.stringify(event) })
      return Buffer.from(await response.arrayBuffer())
    } finally {
      calls -= 1
    }
  }
  const invoke = async (event: object): Promise<Buffer> => {
    streamed = undefined
    const returned = await post(event)
    return streamed ?? returned
  }
  return { invoke, isBusy: () => calls > 0, log }
}

// A minimal Lambda runtime (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes"): gets an event, calls the handler,
// posts the result. A streamed result begins with status and headers as JSON and eight zero bytes. Runs under Lambda's emulator, which
// has no limit of memory: a thread kills the process when it takes more than MemorySize, as Lambda does.
//
// The emulator collects a stream, and accepts only the 6 MB of a response in one piece, while Lambda accepts 200. STREAM_TO is the URL of a
// server that receives the stream instead; the emulator gets an empty response then.
import { request } from "node:http"
import { pathToFileURL } from "node:url"
import { Worker } from "node:worker_threads"

const beginWith = (stream, metadata) => {
  stream.begin = () => stream.raw.write(JSON.stringify(metadata) + "\0".repeat(8))
  return stream
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { streams: true }),
  HttpResponseStream: { from: beginWith },
}

const WATCH = `
const { workerData } = require("node:worker_threads")
setInterval(() => {
  if (process.memoryUsage.rss() > workerData) process.kill(process.pid, "SIGKILL")
}, 5)
`
const memoryBytes = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) * 2 ** 20
if (memoryBytes > 0) new Worker(WATCH, { eval: true, workerData: memoryBytes }).unref()

const { handler } = await import(pathToFileURL(`${process.env.LAMBDA_TASK_ROOT}/index.mjs`).href)
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`

const streamTo = (url, event, context) =>
  new Promise((resolve, reject) => {
    const headers = { "Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked" }
    // A new connection: the other side may close one that was kept alive at the moment at which it is used.
    const options = { method: "POST", headers, agent: false }
    const raw = request(url, options, (response) => response.resume().on("end", resolve))
    raw.on("error", reject)
    let isHanging = true
    const write = (chunk) => {
      stream.begin?.()
      stream.begin = undefined
      // Some accounts never end a stream with a chunk of 0 bytes, or without any (aws-lambda-nodejs-runtime-interface-client, issue 95).
      isHanging = chunk.length === 0
      return raw.write(chunk)
    }
    const end = (done) => {
      if (!isHanging) return raw.end(done)
      console.log("The stream has no bytes, and never ends.")
      raw.write("\0".repeat(8), done)
    }
    const stream = { raw, write, end, once: raw.once.bind(raw) }
    handler(event, stream, context).catch(reject)
  })

const post = (url, value) => fetch(url, { method: "POST", body: JSON.stringify(value) })

const answerNext = async () => {
  const next = await fetch(`${api}next`)
  const url = api + next.headers.get("lambda-runtime-aws-request-id")
  const endsMs = Number(next.headers.get("lambda-runtime-deadline-ms"))
  const context = { getRemainingTimeInMillis: () => endsMs - Date.now() }
  const event = await next.json()
  try {
    if (handler.streams && process.env.STREAM_TO) {
      await streamTo(process.env.STREAM_TO, event, context)
      await fetch(`${url}/response`, { method: "POST" })
    } else if (handler.streams) await streamTo(`${url}/response`, event, context)
    else await post(`${url}/response`, await handler(event, context))
  } catch (error) {
    await post(`${url}/error`, { errorType: error.name, errorMessage: error.message })
  }
}

for (;;) await answerNext()

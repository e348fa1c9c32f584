// The least of a runtime for Lambda, as its interface is documented (Lambda guide, "Using the Lambda runtime API for custom runtimes"): ask
// for an event, call the handler, post what it gives. What it streams begins with its status and headers and eight zero bytes. Runs in
// whichever Node is being tried, under Lambda's emulator.
//
// The emulator gathers what is streamed, and takes no more than the 6 MB of an answer in one piece, where Lambda takes 200. STREAM_TO is the
// address of somebody who takes it in the emulator's place, which then gets an empty answer.
import { request } from "node:http"
import { pathToFileURL } from "node:url"

const beginWith = (stream, metadata) => {
  stream.begin = () => stream.raw.write(JSON.stringify(metadata) + "\0".repeat(8))
  return stream
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { streams: true }),
  HttpResponseStream: { from: beginWith },
}

const { handler } = await import(pathToFileURL(`${process.env.LAMBDA_TASK_ROOT}/index.mjs`).href)
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`

const streamTo = (url, event, context) =>
  new Promise((done, fail) => {
    const headers = { "Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked" }
    // A connection of its own: one that was kept may be closed by the other side at the moment it is used.
    const raw = request(url, { method: "POST", headers, agent: false }, (response) => response.resume().on("end", done))
    raw.on("error", fail)
    const write = (chunk) => {
      stream.begin?.()
      stream.begin = undefined
      return raw.write(chunk)
    }
    const stream = { raw, write, end: raw.end.bind(raw), once: raw.once.bind(raw) }
    handler(event, stream, context).catch(fail)
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

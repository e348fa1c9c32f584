// A minimal runtime for Lambda. It uses node:http by `require`, like Amazon's runtime (aws-lambda-ric 4.0.2, index.mjs): an `import` would
// load `fetch` as well, which a function would then not have to load itself. It writes lines of JSON to BENCH_NOTES: when the function
// was ready, in milliseconds since the process began, and how long each call took.
import { appendFileSync } from "node:fs"
import { createRequire } from "node:module"

const { Agent, request: send } = createRequire(import.meta.url)("node:http")
const task = process.env.LAMBDA_TASK_ROOT
const note = (values) => appendFileSync(process.env.BENCH_NOTES, `${JSON.stringify(values)}\n`)
const agent = new Agent({ keepAlive: true })

const request = (path, body) =>
  new Promise((resolve, reject) => {
    const url = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/${path}`
    send(url, { agent, method: body === undefined ? "GET" : "POST" }, (response) => {
      const chunks = []
      response.on("data", (chunk) => chunks.push(chunk))
      response.on("end", () => resolve({ headers: response.headers, text: Buffer.concat(chunks).toString() }))
    })
      .on("error", reject)
      .end(body)
  })

if (process.env.BENCH_PRELOAD) createRequire(`${task}/`)(process.env.BENCH_PRELOAD)
const { handler } = await import(`${task}/index.mjs`)
note({ ready: performance.now() })
for (;;) {
  const { headers, text } = await request("next")
  const start = performance.now()
  const endsMs = Number(headers["lambda-runtime-deadline-ms"])
  const result = await handler(JSON.parse(text), { getRemainingTimeInMillis: () => endsMs - Date.now() })
  await request(`${headers["lambda-runtime-aws-request-id"]}/response`, JSON.stringify(result))
  const { sharedObjects } = process.env.BENCH_REPORT ? process.report.getReport() : {}
  note({ call: performance.now() - start, loadsSharp: sharedObjects?.some((path) => path.includes("libvips")) })
}

// Functions under Lambda's runtime interface emulator, each call on a cold one: a process of its own that ends with the call.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { build } from "esbuild"

import { freePort, launch } from "./programs.mjs"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const RUNTIME = here("../limits/lambda-runtime.mjs")
const SHARP = ["sharp", "@img", "detect-libc", "semver"]

/** A function's folder as its zip is unpacked: the code, and sharp beside it. */
export const makeTask = (folder, code) => {
  mkdirSync(folder, { recursive: true })
  cpSync(here(`../../${code}`), join(folder, "index.mjs"))
  for (const name of SHARP)
    cpSync(here(`../../node_modules/${name}`), join(folder, "node_modules", name), { recursive: true })
  return folder
}

/** Where the tests' own tools have brought Amazon's SDK. */
const BROUGHT = here("../../test/tools/node_modules")

/** Makes a function's code one file, as those that use the SDK usually are. @returns whether the SDK is here */
export const bundleSdk = async (task) => {
  if (!existsSync(join(BROUGHT, "@aws-sdk/client-s3"))) return false
  await build({
    entryPoints: [here("../limits/function-sdk.mjs")],
    outfile: join(task, "index.mjs"),
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    nodePaths: [BROUGHT],
    banner: { js: `import { createRequire as brought } from "node:module"; const require = brought(import.meta.url);` },
    logLevel: "error",
  })
  return true
}

const untilListening = async (url) => {
  for (let look = 0; look < 400; look++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`aws-lambda-rie did not listen at ${url}`)
}

/**
 * Calls a function that has just been started.
 * @returns milliseconds: `init` from the start of its process until it was ready, `call` from the event to the answer, `whole` from the
 * request, with which the emulator starts it, to the response; the response; and whether sharp was loaded (`isTold` asks for that)
 */
export const callCold = async ({ emulator, node, task, event, env = {}, isTold = false }) => {
  const [port, apiPort] = [await freePort(), await freePort()]
  const notes = join(task, "notes.jsonl")
  rmSync(notes, { force: true })
  const addresses = ["--runtime-interface-emulator-address", `127.0.0.1:${port}`]
  const child = launch(emulator, [...addresses, "--runtime-api-address", `127.0.0.1:${apiPort}`, node, RUNTIME], {
    cwd: task,
    env: {
      PATH: process.env.PATH,
      LAMBDA_TASK_ROOT: task,
      AWS_LAMBDA_FUNCTION_TIMEOUT: "30",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
      BENCH_NOTES: notes,
      ...(isTold && { BENCH_REPORT: "1" }),
      ...env,
    },
    stdio: "ignore",
  })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  try {
    await untilListening(`http://127.0.0.1:${port}/`)
    const start = performance.now()
    const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`
    const response = await fetch(url, { method: "POST", body: JSON.stringify(event) })
    const text = await response.text()
    const whole = performance.now() - start
    while (readFileSync(notes, "utf8").split("\n").length < 3) await new Promise((resolve) => setTimeout(resolve, 2))
    const [{ ready }, { call, loadsSharp }] = readFileSync(notes, "utf8")
      .split("\n", 2)
      .map((line) => JSON.parse(line))
    return { init: ready, call, whole, answer: JSON.parse(text), loadsSharp }
  } finally {
    child.kill("SIGTERM")
    await ended
  }
}

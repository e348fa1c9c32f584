// Runs functions under Lambda's runtime interface emulator. Each call starts a new process, so each is a cold start.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { build } from "esbuild"

import { freePort, launch } from "./programs.mjs"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const RUNTIME = here("../limits/lambda-runtime.mjs")
const SHARP = ["sharp", "@img", "detect-libc", "semver"]

/** Creates a function's folder like its unpacked zip: the code, and sharp in node_modules. */
export const makeTask = (folder, code) => {
  mkdirSync(folder, { recursive: true })
  cpSync(here(`../../${code}`), join(folder, "index.mjs"))
  for (const name of SHARP)
    cpSync(here(`../../node_modules/${name}`), join(folder, "node_modules", name), { recursive: true })
  return folder
}

/** Where `npm ci --prefix test/tools` installs the AWS SDK. */
const TOOL_MODULES = here("../../test/tools/node_modules")

/** Bundles a function that uses the SDK into one file, as usual for such functions. @returns whether the SDK is installed */
export const bundleSdk = async (task) => {
  if (!existsSync(join(TOOL_MODULES, "@aws-sdk/client-s3"))) return false
  await build({
    entryPoints: [here("../limits/function-sdk.mjs")],
    outfile: join(task, "index.mjs"),
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    nodePaths: [TOOL_MODULES],
    banner: {
      js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);`,
    },
    logLevel: "error",
  })
  return true
}

const untilListening = async (url) => {
  for (let attempt = 0; attempt < 400; attempt++) {
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
 * Calls a function in a new process.
 * @param isReported whether to report if sharp was loaded
 * @returns milliseconds: `init` from process start until the function is ready, `call` from event to result, `whole` from the request to
 * the emulator, which starts the process, to its response; the response itself; and `loadsSharp`
 */
export const callCold = async ({ emulator, node, task, event, env = {}, isReported = false }) => {
  const [port, apiPort] = [await freePort(), await freePort()]
  const notes = join(task, "notes.jsonl")
  rmSync(notes, { force: true })
  const endpoint = ["--runtime-interface-emulator-address", `127.0.0.1:${port}`]
  const child = launch(emulator, [...endpoint, "--runtime-api-address", `127.0.0.1:${apiPort}`, node, RUNTIME], {
    cwd: task,
    env: {
      PATH: process.env.PATH,
      LAMBDA_TASK_ROOT: task,
      AWS_LAMBDA_FUNCTION_TIMEOUT: "30",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
      BENCH_NOTES: notes,
      ...(isReported && { BENCH_REPORT: "1" }),
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

// Runs one of the two flows on AWS on this machine until it is interrupted:
//
//   npm run rig:direct -- --originals photos --port 8080 [--sizes 360x270,480h,1280w] [--formats avif,webp]
//
// The rigs are TypeScript, and shared with the tests.
import { once } from "node:events"
import { readdirSync, rmSync, statSync } from "node:fs"
import { createServer } from "node:net"
import { resolve } from "node:path"
import { parseArgs } from "node:util"

import { build, stop } from "esbuild"

// Each rig: its file, the name of the function that starts it, and a description of a running one.
const RIGS = {
  direct: {
    source: "test/rig/direct.ts",
    starter: "startDirectRig",
    describe: ({
      s3,
    }) => `The photos are in s3://originals, their renditions in s3://renditions, of the S3 server at ${s3.endpoint}.
To replace a photo:
  AWS_ACCESS_KEY_ID=${s3.keys.accessKeyId} AWS_SECRET_ACCESS_KEY=${s3.keys.secretAccessKey} AWS_REGION=us-east-1 \\
    aws s3 cp mug.jpg s3://originals/shop/mug.jpg --endpoint-url ${s3.endpoint}`,
  },
  redirect: {
    source: "test/rig/redirect.ts",
    starter: "startRedirectRig",
    describe: ({ bucketUrl }) => `The photos are in a bucket. To replace one:
  curl -T mug.jpg -H 'x-amz-rig: bucket' ${bucketUrl}/shop/mug.jpg
The permissions of the function are not enforced here.`,
  },
}

const USAGE = `npm run rig:direct -- --originals photos
npm run rig:redirect -- --originals photos

Runs one of the two flows on AWS on this machine, with a copy of a folder of photos, until it is interrupted.

  --originals <folder>  The photos. They are copied at the start; later changes in the folder have no effect.
  --port <number>       Port of the CDN. Default: a free one.
  --sizes <list>        Default: 360x270,480h,1280w
  --formats <list>      Default: avif,webp`

const fail = (text) => {
  console.error(text)
  process.exit(2)
}

const list = (text) => text?.split(",").map((item) => item.trim())

const parse = (config) => {
  try {
    return parseArgs(config)
  } catch (error) {
    return fail(error.message)
  }
}

const hasFile = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())

/** Checks the port before the slow start of everything else. */
const requirePort = async (port) => {
  const server = createServer().listen(port, "127.0.0.1")
  await once(server, "listening").catch((error) => {
    const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be used (${error.message})`
    fail(`--port: ${port} ${why}. Choose another, or omit it for a free one.`)
  })
  server.close()
  await once(server, "close")
}

const readArguments = () => {
  const text = { type: "string" }
  const port0 = { ...text, default: "0" }
  const options = { originals: text, port: port0, sizes: text, formats: text, help: { type: "boolean", short: "h" } }
  const { values, positionals } = parse({ options, allowPositionals: true })
  if (values.help) {
    console.log(USAGE)
    process.exit()
  }
  const [name] = positionals
  if (!Object.hasOwn(RIGS, name ?? "")) fail(`Expected one of ${Object.keys(RIGS).join(", ")}, got ${name}.`)
  const originals = resolve(values.originals ?? fail("--originals: Expected a folder of photos."))
  if (!statSync(originals, { throwIfNoEntry: false })?.isDirectory()) fail(`--originals: ${originals} is not a folder.`)
  if (!hasFile(originals))
    fail(`--originals: ${originals} is empty. Expected a folder with photos: they are copied at the start.`)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    fail(`--port: Expected 0 to 65535, got ${String(values.port)}.`)
  return { name, options: { originals, port, sizes: list(values.sizes), formats: list(values.formats) } }
}

/** Bundles a rig beside its source, since it finds files relative to that. */
const load = async (source) => {
  const bundle = source.replace(/[^/]+$/, `.rig-${process.pid}.mjs`)
  const target = { platform: "node", target: "node20.19", format: "esm" }
  try {
    await build({ entryPoints: [source], outfile: bundle, bundle: true, packages: "external", ...target })
    return await import(new URL(`../${bundle}`, import.meta.url).href)
  } finally {
    await stop()
    rmSync(bundle, { force: true })
  }
}

const { name, options } = readArguments()
await requirePort(options.port)
const interrupted = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => interrupted.abort())
process.chdir(resolve(import.meta.dirname, ".."))
const { source, starter, describe } = RIGS[name]
const { [starter]: start } = await load(source)
try {
  const rig = await start({ ...options, signal: interrupted.signal })
  console.log(`${rig.url}

${options.originals} was copied. Later changes in the folder have no effect.
${describe(rig)}`)
  if (!interrupted.signal.aborted) await once(interrupted.signal, "abort")
  await rig.stop()
} catch (error) {
  if (!interrupted.signal.aborted) fail(error.message)
}
process.exit()

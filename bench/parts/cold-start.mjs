// Cold starts of the packaged direct function under Lambda's emulator, compared with an empty handler, sharp alone, and sharp with the AWS
// SDK. Also measures how much of loading sharp overlaps with reading the original.
import { readFileSync } from "node:fs"
import { join } from "node:path"

import { bundleSdk, callCold, makeTask } from "../lib/lambda.mjs"
import { median } from "../lib/measure.mjs"
import { photo } from "../lib/photos.mjs"
import { newestNode, program } from "../lib/programs.mjs"
import { ROOT, startDelay, startS3 } from "../lib/s3.mjs"

/** Latency of a bucket in the same region for a function that just started. */
const DELAY_MS = 80

const SETTINGS = {
  AWS_KEY: ROOT.accessKeyId,
  AWS_SECRET: ROOT.secretAccessKey,
  IMGTAILOR_ORIGINALS: "s3://originals",
  IMGTAILOR_RENDITIONS: "s3://renditions",
  IMGTAILOR_SIZES: "360x270,1300w",
}

const get = (path, query = "", headers = {}) => ({
  version: "2.0",
  rawPath: path,
  rawQueryString: query,
  headers,
  requestContext: { domainName: "abc.lambda-url.eu-central-1.on.aws", http: { method: "GET" } },
})

const expectAnswer = (name, { answer, loadsSharp }, status) => {
  if (answer.statusCode !== status) throw new Error(`${name}: ${JSON.stringify(answer).slice(0, 500)}`)
  if (loadsSharp && status !== 200) throw new Error(`${name}: sharp was loaded`)
}

/** Creates the buckets, with a photo for each render and one for the stored rendition. */
const fill = async ({ put }, folder, rounds) => {
  for (const bucket of ["originals", "renditions"]) await put(bucket)
  const bytes = readFileSync(await photo(join(folder, "photos"), "p12", 4000, 3000))
  for (let round = 0; round < rounds; round++)
    for (const name of ["ours", "sdk", "late", "early"]) await put("originals", `${name}${round}.jpg`, bytes)
  await put("originals", "stored.jpg", bytes)
}

/** The calls to measure, by name: the function, the event of a round, and the expected status. */
const callsOf = ({ tasks, direct, delayed, etag }) => ({
  empty: { task: tasks.empty, event: () => get("/"), status: 204 },
  sharp: { task: tasks.sharp, event: () => get("/"), status: 204 },
  refusal: { task: tasks.direct, env: direct, event: () => get("/361x270/stored.jpg"), status: 400 },
  unchanged: {
    task: tasks.direct,
    env: direct,
    event: () => get("/360x270/stored.jpg", "", { "if-none-match": etag }),
    status: 304,
  },
  ours: { task: tasks.direct, env: direct, event: (round) => get(`/360x270/ours${round}.jpg`), status: 200 },
  ...(tasks.sdk && {
    sdk: { task: tasks.sdk, env: direct, event: (round) => get(`/360x270/sdk${round}.jpg`), status: 200 },
  }),
  late: { task: tasks.direct, env: delayed, event: (round) => get(`/360x270/late${round}.jpg`), status: 200 },
  early: {
    task: tasks.direct,
    env: { ...delayed, BENCH_PRELOAD: "sharp" },
    event: (round) => get(`/360x270/early${round}.jpg`),
    status: 200,
  },
})

const measure = async (calls, environment, rounds) => {
  const names = Object.keys(calls)
  const samples = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      const { task, env, event, status } = calls[name]
      const called = await callCold({ ...environment, task, env, event: event(round) })
      expectAnswer(name, called, status)
      samples[name].push(called)
    }
  }
  return {
    of: (name, what) => median(samples[name].map((sample) => sample[what])),
    /** Median of the differences within a round, so that a slow round does not count. */
    difference: (name, other, what) =>
      median(samples[name].map((sample, round) => sample[what] - samples[other][round][what])),
  }
}

const shown = (...values) => `${values.map((value) => value.toFixed(0)).join(" and ")} ms`

const rowsOf = ({ of, difference }, hasSdk, version) => {
  const atMost = (id, what, value, goal, detail) => ({ id, what, value, goal, isAtMost: true, detail })
  const [ours, sharp] = [of("ours", "init"), of("sharp", "init")]
  const unhidden = difference("late", "early", "call")
  const rows = [
    atMost(
      "G9",
      `function's init on Node ${version} over importing sharp alone`,
      ours / sharp,
      1.1,
      shown(ours, sharp),
    ),
    ...["refusal", "unchanged"].map((name) =>
      atMost(
        "G9",
        `a cold function's ${name === "refusal" ? "400" : "304"}: ms over an empty handler's`,
        difference(name, "empty", "whole"),
        15,
        `${shown(of(name, "whole"), of("empty", "whole"))}; ready after ${of(name, "init").toFixed(0)} and ${of("empty", "init").toFixed(0)}, called for ${shown(of(name, "call"), of("empty", "call"))}`,
      ),
    ),
    atMost(
      "G10",
      `${DELAY_MS} ms to S3: ms that importing sharp adds to the first rendition`,
      unhidden,
      10,
      `${shown(of("late", "call"), of("early", "call"))}; the import takes ${(sharp - of("empty", "init")).toFixed(0)}`,
    ),
  ]
  if (!hasSdk) return rows
  const first = of("ours", "whole") / of("sdk", "whole")
  return [
    ...rows,
    atMost(
      "G9",
      "init over sharp's with the SDK bundled",
      ours / of("sdk", "init"),
      undefined,
      shown(ours, of("sdk", "init")),
    ),
    atMost(
      "G9",
      "first 360x270 of 12 megapixels over that function's",
      first,
      1,
      shown(of("ours", "whole"), of("sdk", "whole")),
    ),
  ]
}

export const coldStart = async ({ folder, isShort, skip }) => {
  const [versitygw, emulator] = [program("versitygw"), program("aws-lambda-rie")]
  if (!versitygw || !emulator) {
    skip(`${versitygw ? "aws-lambda-rie" : "versitygw"} was not found: see test/support/tools.ts`)
    return []
  }
  const rounds = isShort ? 3 : 15
  const environment = { emulator, node: newestNode() }
  const s3 = await startS3(versitygw, join(folder, "cold-start-s3"))
  const delay = await startDelay(s3.endpoint, DELAY_MS)
  try {
    await fill(s3, folder, rounds)
    const task = (name, code) => makeTask(join(folder, "cold-start", name), code)
    const tasks = {
      empty: task("empty", "bench/limits/function-empty.mjs"),
      sharp: task("sharp", "bench/limits/function-sharp.mjs"),
      direct: task("direct", "dist/functions/direct.mjs"),
      sdk: task("sdk", "bench/limits/function-sdk.mjs"),
    }
    const hasSdk = await bundleSdk(tasks.sdk)
    if (!hasSdk) skip("no AWS SDK: npm ci --prefix test/tools installs it")
    const direct = { ...SETTINGS, IMGTAILOR_S3_ENDPOINT: s3.endpoint }
    const delayed = { ...SETTINGS, IMGTAILOR_S3_ENDPOINT: delay.endpoint }
    const stored = await callCold({
      ...environment,
      task: tasks.direct,
      env: direct,
      event: get("/360x270/stored.jpg"),
    })
    const { etag } = stored.answer.headers
    const calls = callsOf({ tasks: hasSdk ? tasks : { ...tasks, sdk: undefined }, direct, delayed, etag })
    const measured = await measure(calls, environment, rounds)
    const { version } = environment.node === process.execPath ? process : { version: "24" }
    return rowsOf(measured, hasSdk, version)
  } finally {
    await delay.stop()
    await s3.stop()
  }
}

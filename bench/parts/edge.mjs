// The edge function in nginx's JavaScript, compared with a function that returns its request. CloudFront ends a function that takes too
// long, by a limit that it does not state in milliseconds.
import { join } from "node:path"

import { edgeSource } from "../../dist/aws/edge/source.js"
import { resolveConfig } from "../../dist/config/resolve.js"
import { cpuMs, median } from "../lib/measure.mjs"
import { startNjs } from "../lib/njs.mjs"

const TRIVIAL = "function handler(event) { return event.request }"
/** Chrome's. */
const ACCEPT = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"

const THREE = ["360x270", "480h", "1280w"]
const named = (count) =>
  Array.from({ length: count }, (_, at) => ({
    size: `${300 + at}x${200 + at}`,
    name: `card-${String(at).padStart(2, "0")}`,
  }))

const sourceOf = (sizes, unknownSize = "reject") =>
  edgeSource(
    resolveConfig(
      { originals: "s3://originals", renditions: "s3://renditions", s3Region: "us-east-1", sizes, unknownSize },
      { directory: "/", threads: 4 },
    ),
  )

/** The longest list of named sizes for which the source is not too long. */
const mostNamed = async (unknownSize) => {
  let count = 20
  while (await sourceOf([...THREE, ...named(count + 1)], unknownSize).catch(() => undefined)) count += 1
  return [...THREE, ...named(count)]
}

const PHOTO = "/produs_227613/360x270/img.AZ70KuRzw9.jpg"
/** Near the longest key that S3 stores. */
const LONG = `/${"abcdefghi/".repeat(90)}360x270/photo.jpg`
const ESCAPED = `/${"%C8%99".repeat(120)}/360x270/poz%C4%83%20(1).jpg`

const CALLS = 2000

export const edge = async ({ folder, rounds, skip }) => {
  const [most, mostSnapping] = [await mostNamed("reject"), await mostNamed("snap")]
  const lists = {
    trivial: TRIVIAL,
    three: await sourceOf(THREE),
    twenty: await sourceOf([...THREE, ...named(17)]),
    most: await sourceOf(most),
    snapping: await sourceOf(THREE, "snap"),
    most_snapping: await sourceOf(mostSnapping, "snap"),
  }
  const cases = [
    ["3 sizes", "three", PHOTO],
    ["20 sizes", "twenty", PHOTO],
    [`${most.length} sizes, which fit into 10 kB`, "most", PHOTO],
    ["3 sizes, the source evaluated for each call", "three", PHOTO, true],
    [`a path of ${LONG.length} characters`, "three", LONG],
    [`a path of ${ESCAPED.length} characters, most of them escapes`, "three", ESCAPED],
    ["an unlisted size, refused", "three", PHOTO.replace("360x270", "361x270")],
    ["an unlisted size, snapped to one of 3", "snapping", PHOTO.replace("360x270", "361x270")],
    [
      `an unlisted size, snapped to one of ${mostSnapping.length}`,
      "most_snapping",
      PHOTO.replace("360x270", "301x270"),
    ],
  ]
  const njs = await startNjs(join(folder, "njs"), lists)
  if (!njs) return skip("there is no nginx with njs: apt-get install nginx libnginx-mod-http-js") ?? []

  const microseconds = async (name, uri, isCold = false) => {
    const headers = { accept: { value: ACCEPT } }
    const before = cpuMs(njs.pid)
    await njs.run(name, { calls: CALLS, isCold, request: { method: "GET", uri, headers } })
    return ((cpuMs(njs.pid) - before) * 1000) / CALLS
  }
  const results = []
  for (const [what, name, uri, isCold] of cases) {
    const [times, trivial] = [[], []]
    for (let round = 0; round < rounds; round++) {
      times.push(await microseconds(name, uri, isCold))
      trivial.push(await microseconds("trivial", uri))
    }
    const [time, least] = [median(times), median(trivial)]
    const detail = `${time.toFixed(1)} µs, ${least.toFixed(2)} µs`
    results.push({ id: "E1", what: `edge function, ${what}: CPU over a trivial one's`, value: time / least, detail })
  }
  njs.stop()
  return results
}

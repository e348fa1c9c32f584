// Rows of the bench part "growth", from what was measured with each number of photos.

/** The exponent b of the best fit of a · count^b. */
const exponent = (all, valueOf) => {
  const points = all.map((each) => [Math.log(each.count), Math.log(Math.max(valueOf(each), 1e-6))])
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}

/** A cost that does not grow has the exponent 0, within the noise of a few runs. */
const FLAT = 0.1

const createRows = (all) => {
  const list = (valueOf, unit) => `${all.map((each) => valueOf(each).toFixed(1)).join(", ")} ${unit}`
  const row = (what, value, goal, detail) => ({ id: "growth", what, value, goal, isAtMost: true, detail })
  const fitted = (what, valueOf, unit, goal = FLAT) =>
    row(`${what}: exponent`, exponent(all, valueOf), goal, list(valueOf, unit))
  return { list, row, fitted }
}

const costRows = (all) => {
  const { row, fitted, list } = createRows(all)
  return [
    row(
      `building ${all.at(-1).count} photos, in minutes`,
      all.at(-1).build / 60_000,
      5,
      list(({ build }) => build, "ms"),
    ),
    fitted("CPU of serve until it listens", ({ start }) => start, "ms"),
    fitted("CPU of a hit", ({ hit }) => hit, "µs"),
    fitted("CPU of a replaced photo, of 1000 at once", ({ burst }) => burst.cpu, "ms"),
    fitted("start of watching and first sweep", ({ sweep }) => sweep.ms, "ms", 1),
    fitted("warm, until its first render", ({ warm }) => warm.ms, "ms"),
    fitted("peak memory of warm until then", ({ warm }) => warm.firstPeak, "MiB"),
    fitted("warm, until its end", ({ warm }) => warm.wholeMs, "ms", 1),
    { ...fitted("peak memory of warm", ({ warm }) => warm.wholePeak, "MiB"), goal: undefined },
  ]
}

const watchRows = (all) => {
  const { row, list } = createRows(all)
  const [first, last] = [all[0], all.at(-1)]
  const overIdle = (what, nameOf) => {
    const limit = 2 * last.idle + 10
    return row(
      `hits' p99 during ${what}, over 2 × idle + 10 ms`,
      nameOf(last) / limit,
      1,
      `${list(nameOf, "ms")}, idle ${list(({ idle }) => idle, "ms")}`,
    )
  }
  const inSeconds = (what, valueOf) => row(`${what}, in seconds`, valueOf(last) / 1000, 1, list(valueOf, "ms"))
  const memory = list((each) => each.memory, "MiB")
  return [
    overIdle("the first sweep", ({ sweep }) => sweep.p99),
    overIdle("the burst", ({ burst }) => burst.p99),
    inSeconds("longest /healthz during the burst", ({ burst }) => burst.longest),
    inSeconds("from SIGTERM during a sweep to the end", ({ stop }) => stop),
    row(
      "memory of a watched folder, in KiB",
      ((last.memory - first.memory) * 1024) / (last.folders - first.folders),
      2,
      memory,
    ),
    row(
      "memory after the first sweep, over that before",
      last.memory / last.memoryBefore,
      1,
      `${memory} and ${list(({ memoryBefore }) => memoryBefore, "MiB")}`,
    ),
  ]
}

/** Goals are those for the largest number. @param all measurements, the smallest number of photos first */
export const growthRows = (all) => [...costRows(all), ...watchRows(all)]

// Loaded before a server: a signal prints the bytes that its JavaScript heap allocated since the signal before.
const { GCProfiler, getHeapStatistics } = require("node:v8")

const used = () => getHeapStatistics().used_heap_size

let profiler
let usedAtStart = 0

const allocated = () => {
  let total = 0
  let last = usedAtStart
  for (const { beforeGC, afterGC } of profiler?.stop()?.statistics ?? []) {
    total += beforeGC.heapStatistics.usedHeapSize - last
    last = afterGC.heapStatistics.usedHeapSize
  }
  return total + used() - last
}

process.on("SIGUSR2", () => {
  const bytes = profiler ? allocated() : 0
  profiler = new GCProfiler()
  profiler.start()
  usedAtStart = used()
  process.stdout.write(`allocated ${bytes}\n`)
})

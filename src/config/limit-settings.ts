/** Responsible for the part of the table of settings that limits the work of a process. */
import type { SettingGroup } from "./setting.ts"

/** Settings of `limits`, and how they are enforced. */
export const LIMIT_SETTINGS: SettingGroup = {
  heading: "Limits",
  settings: [
    {
      path: ["isolation"],
      kind: "text",
      hint: "process|none",
      description:
        "Where originals are decoded: `process` uses child processes with limits on memory and CPU, `none` the server process.",
      default: "`process`",
    },
    {
      path: ["limits", "pixels"],
      kind: "number",
      hint: "pixels",
      description: "Largest original, as width × height from its header.",
      default: "100 000 000",
    },
    {
      path: ["limits", "bytes"],
      kind: "number",
      hint: "bytes",
      description: "Largest file size of an original.",
      default: "100 000 000",
    },
    {
      path: ["limits", "animationPixels"],
      kind: "number",
      hint: "pixels",
      description: "Largest animation, as frames × pixels. Only the first frame of a larger one is used.",
      default: "100 000 000",
    },
    {
      path: ["limits", "deadlineMs"],
      kind: "number",
      hint: "ms",
      description: "Longest wait of a request, then 503 with Retry-After. The render continues and is stored.",
      default: "30 000",
    },
    {
      path: ["limits", "renders"],
      kind: "number",
      description: "Concurrent renders.",
      default: "the cores, at least 2; without isolation twice the cores, at most one less than `UV_THREADPOOL_SIZE`",
    },
    {
      path: ["limits", "queue"],
      kind: "number",
      description: "Longest queue of renders. More requests get 503.",
      default: "1 000",
    },
    {
      path: ["limits", "memoryBytes"],
      kind: "number",
      hint: "bytes",
      description:
        "Memory of all render processes. Without isolation, the estimated peak memory of all concurrent renders.",
      default: "40 % of the memory of the machine or container",
    },
    {
      path: ["limits", "cacheBytes"],
      kind: "number",
      hint: "bytes",
      description: "Memory cache of recently served renditions.",
      default: "64 000 000, or 10 % of the memory if that is less",
    },
  ],
}

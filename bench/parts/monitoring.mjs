// Cost of metrics: CPU per hit of a server with --metrics, compared with one without.
import { join } from "node:path"

import { hitCostOf } from "../lib/hit-cost.mjs"

export const monitoring = async ({ folder, isShort }) => [
  {
    id: "monitoring",
    what: "hit with --metrics, CPU over a hit without",
    value: await hitCostOf("--metrics", join(folder, "monitoring"), isShort),
    goal: 1.1,
    isAtMost: true,
  },
]

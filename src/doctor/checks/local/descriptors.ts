/** Responsible for the check of the limit of open files. */
import { connectionLimit } from "../../../server/descriptors.ts"
import { type Check, failure, passed, skipped } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const RECOMMENDED = 1024

/** See the head comment. */
export const descriptors: Check<LocalContext> = {
  name: "descriptors",
  probe: "read the limit of open files",
  examine: ({ system }) => {
    const limit = system.maxDescriptors()
    if (limit === undefined) return skipped("The limit is not known here.")
    if (limit >= RECOMMENDED) return passed(`The limit is ${limit}.`)
    return failure({
      observation: `The limit is ${limit}.`,
      meaning: `At most ${connectionLimit(limit)} connections are accepted; further clients are refused.`,
      fix: "Raise it with ulimit -n 65536, or LimitNOFILE=65536 in a systemd unit.",
    })
  },
}

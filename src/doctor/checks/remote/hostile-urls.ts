/** Responsible for the check of sizes and paths that attackers send. */
import { type Check, failure, passed } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"

const PATHS: readonly string[] = [
  "/99999999x99999999/photo.jpg",
  "/0x0/photo.jpg",
  "/-1w/photo.jpg",
  "/1e9w/photo.jpg",
  "/%00/photo.jpg",
  "/360x270%2f..%2f..%2fetc%2fpasswd",
  "/%2e%2e/%2e%2e/etc/passwd",
  "/640w/%ff%fe.jpg",
  `/640w/${"a".repeat(3000)}.jpg`,
]

/** Statuses of requests that were refused. 403 is that of a firewall in front. */
const REFUSED: ReadonlySet<number> = new Set([400, 403, 404, 414])

/** See the head comment. */
export const hostileUrls: Check<RemoteContext> = {
  name: "hostile-urls",
  probe: `request ${PATHS.length} malformed sizes and paths`,
  examine: async ({ ask }, { signal }) => {
    const wrong: string[] = []
    for (const path of PATHS) {
      const { status } = await ask(path, { signal })
      if (!REFUSED.has(status)) wrong.push(`${status} for ${path.slice(0, 60)}`)
    }
    if (wrong.length === 0) return passed("Each is refused.")
    return failure({
      observation: `${wrong.join(", ")}.`,
      meaning: "Malformed requests are answered or cause errors of the server.",
      fix: "Forward paths as the client sent them, and let imgtailor refuse them.",
    })
  },
}

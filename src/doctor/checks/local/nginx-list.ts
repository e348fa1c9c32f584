/** Responsible for the check that a configuration of nginx was printed for the present list. */
import { nginxText } from "../../../nginx/server-block.ts"
import { type Check, failure, passed } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

const NAMES = ["imgtailor_group", "imgtailor_kind", "imgtailor_accept", "imgtailor_file", "imgtailor_cache_control"]

/** The lines of a map, without blanks and comments. */
const mapIn = (text: string, name: string): readonly string[] => {
  const block = new RegExp(String.raw`^map \S+(?: \S+)?"? \$${name} \{\n([^]*?)^\}`, "m").exec(text)?.[1] ?? ""
  return block
    .split("\n")
    .map((line) => line.trim().replaceAll(/\s+/g, " "))
    .filter((line) => line !== "" && !line.startsWith("#"))
}

/** See the head comment. */
export const nginxList: Check<LocalContext> = {
  name: "nginx-list",
  probe: "compare the maps of nginx's configuration with the list",
  applies: (context) => context.nginxText !== undefined,
  examine: ({ tailor, nginxText: text = "", renditionsFolder = "/" }) => {
    const { config } = tailor
    const other = { renditions: renditionsFolder, upstream: "127.0.0.1:3000", listen: "80", serverName: "localhost" }
    const expected = nginxText({ ...config, ...other })
    const different = NAMES.filter((name) => mapIn(text, name).join("\n") !== mapIn(expected, name).join("\n"))
    if (different.length === 0) return passed("The maps agree with the list.")
    return failure({
      observation: `These maps differ: ${different.map((name) => `$${name}`).join(", ")}.`,
      meaning: "nginx serves sizes that are retired, or forwards every request for new ones.",
      fix: "Print the configuration again with imgtailor nginx, and reload nginx.",
    })
  },
}

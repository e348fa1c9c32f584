// Writes docs/settings.md and docs/errors.md from the tables in src/, as built, and docs/url-vectors.json from its core. test/docs.test.ts
// fails where they have not been written.
// node scripts/docs.mjs [folder]
import { writeFileSync } from "node:fs"
import { join } from "node:path"

import { flagOf, SETTINGS, variableOf } from "../dist/config/settings.js"
import { ERRORS, RETRY_AFTER_SECONDS } from "../dist/errors.js"
import { vectorsFile } from "./vectors.mjs"

const row = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

const table = (head, rows) => [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n")

const code = (text) => `\`${text}\``

const settings = `# Settings

<!-- Made by \`npm run docs\` from src/config/settings.ts. -->

A setting may be given as an option of the command, as a variable of the environment, or in a configuration file; where it is given more than once, they count in this order. In a program it is given to \`createTailor\`.

${table(
  ["setting", "option, variable", "what it is", "default"],
  SETTINGS.map((setting) => [
    code(setting.path.join(".")),
    `${code(`--${flagOf(setting)}`)}<br>${code(variableOf(setting))}`,
    setting.description,
    setting.default,
  ]),
)}

As text, a list is separated by commas (\`--sizes 360x270,480h,1280w\`) or is JSON, a switch is \`true\` or \`false\` (an option alone is \`true\`), and \`--quality\` takes \`80\` or \`jpeg=80,webp=80,avif=60\`. In place of \`"360x270"\` a size may say more: \`{ size: "360x270", name: "thumb", gravity: "north", quality: 70 }\`.

Not to be had as text: in a program, a store of your own in place of a folder.

The configuration file is \`imgtailor.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\`, \`.cjs\` or \`.json\` in the working directory, or what \`--config\` names. Folders in it are relative to the file; all others are relative to the working directory. \`info\` and \`purge\` need the same settings as \`serve\`, so a file is the easiest way of giving them.
`

const cached = (seconds) => (seconds === 0 ? "not at all" : `${seconds} s`)

const errors = `# Errors

<!-- Made by \`npm run docs\` from src/errors.ts. -->

Every refusal has one of these codes; compare the code, never the text. An answer is one line of text, or with \`Accept: application/json\` a problem as of [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) with the members \`title\`, \`status\`, \`detail\`, \`hint\` and \`code\`. A 503 says in \`Retry-After\` when to try again: after ${RETRY_AFTER_SECONDS} seconds.

${table(
  ["code", "status", "may be cached", "title", "when"],
  Object.entries(ERRORS).map(([name, { status, cacheSeconds, title, when }]) => [
    code(name),
    String(status),
    cached(cacheSeconds),
    title,
    when,
  ]),
)}

On the command line the same errors go to standard error; the exit code is 2 where the command line, the settings or the address were wrong, and 1 otherwise.
`

const [folder = "docs"] = process.argv.slice(2)
writeFileSync(join(folder, "settings.md"), settings)
writeFileSync(join(folder, "errors.md"), errors)
writeFileSync(join(folder, "url-vectors.json"), vectorsFile)

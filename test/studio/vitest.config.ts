import { defineConfig, type ViteUserConfig } from "vitest/config"

const config: ViteUserConfig = defineConfig({
  // One browser at a time: the views render pictures with all cores.
  test: { include: ["test/studio/*.spec.ts"], testTimeout: 170_000, hookTimeout: 60_000, fileParallelism: false },
})

export default config

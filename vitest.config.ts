import { defineConfig, type ViteUserConfig } from "vitest/config"

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // One file at a time in few processes: renders use all cores by themselves.
    maxWorkers: 2,
    testTimeout: 30_000,
    coverage: { provider: "v8", include: ["src/**"], exclude: ["src/**/*.test.ts", "src/cli/**"] },
  },
})

export default config

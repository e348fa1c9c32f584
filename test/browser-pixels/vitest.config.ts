import { defineConfig, type ViteUserConfig } from "vitest/config"

const config: ViteUserConfig = defineConfig({
  test: { include: ["test/browser-pixels/*.spec.ts"], testTimeout: 30_000 },
})

export default config

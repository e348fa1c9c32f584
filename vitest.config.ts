import { compile } from "svelte/compiler"
import { defineConfig, type ViteUserConfig } from "vitest/config"

/** Compiles the component for Svelte as a page framework does, for rendering on a server. */
const svelte = {
  name: "svelte",
  transform: (code: string, filename: string): string | undefined =>
    filename.endsWith(".svelte") ? compile(code, { filename, generate: "server" }).js.code : undefined,
}

const config: ViteUserConfig = defineConfig({
  plugins: [svelte],
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    // One file at a time in few processes: renders use all cores by themselves.
    maxWorkers: 2,
    testTimeout: 30_000,
    coverage: { provider: "v8", include: ["src/**"], exclude: ["src/**/*.test.ts", "src/cli/**"] },
  },
})

export default config

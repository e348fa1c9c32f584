import { compile } from "svelte/compiler"
import { configDefaults, defineConfig, type ViteUserConfig } from "vitest/config"

/** Compiles the component for Svelte as a page framework does, for rendering on a server. */
const svelte = {
  name: "svelte",
  transform: (code: string, filename: string): string | undefined =>
    filename.endsWith(".svelte") ? compile(code, { filename, generate: "server" }).js.code : undefined,
}

/** Tests without servers and without images: `npm run test:quick`. */
const QUICK = ["src/**/*.test.ts", "test/{architecture,check-words,examples,pages,tables}.test.ts"]

/** Tests that start no process and no server. */
const IMAGES = ["test/{image,race}/**/*.test.ts"]

const config: ViteUserConfig = defineConfig({
  plugins: [svelte],
  test: {
    // Few processes: renders use all cores by themselves.
    maxWorkers: 2,
    // The defaults are too short for a busy machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    coverage: { provider: "v8", include: ["src/**"], exclude: ["src/**/*.test.ts", "src/cli/**"] },
    projects: [
      {
        extends: true,
        test: {
          name: "system",
          // They often wait for servers and times.
          maxWorkers: 3,
          include: ["test/**/*.test.ts"],
          exclude: [...QUICK, ...IMAGES, ...configDefaults.exclude],
        },
      },
      // Files without processes and servers share a process and its modules, which take as long to load as such files to run.
      { extends: true, test: { name: "images", include: IMAGES, isolate: false, sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: "quick", include: QUICK, isolate: false, sequence: { groupOrder: 2 } } },
    ],
  },
})

export default config

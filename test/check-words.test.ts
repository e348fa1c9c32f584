/** Responsible for scripts/check-words.mjs: it finds retired words in prose, and only there. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import { launch, PACKAGE } from "./support/command.ts"
import { temporaryFolder } from "./support/folders.ts"

const check = async (
  path: string,
): Promise<{ readonly code: number | NodeJS.Signals; readonly lines: readonly string[] }> => {
  const script = launch(process.execPath, ["scripts/check-words.mjs", path], { cwd: PACKAGE })
  const code = await script.ended
  return { code, lines: script.stdout().trim().split("\n") }
}

/** Line and word of each hit in a file of this name and text. */
const hitsIn = async (name: string, text: string): Promise<readonly string[]> => {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, text)
  const { lines } = await check(path)
  return lines.slice(0, -1).flatMap((line) => /:(\d+:.+?) {2}\(/.exec(line)?.slice(1) ?? [])
}

describe("check-words", () => {
  it("finds retired words in comments, across lines too", async () => {
    const text = `/**\n * It is told\n * of what is stored.\n */\nconst a = 1 // whoever\n// at one\n// time\n`
    expect(await hitsIn("a.ts", text)).toEqual(["2:told", "3:what", "5:whoever", "6:at one time"])
  })

  it("finds them in messages, but not in short strings, identifiers, file names or inline code", async () => {
    const text = `
const told = "told"
const told2 = who.asks(anew)
throw new Error("The render was cut off early")
const c = \`the store \${told} was asked twice\`
// See \`told\` in told.ts.
`
    expect(await hitsIn("a.mjs", text)).toEqual(["4:cut off", "5:asked"])
  })

  it("finds them in test titles, but not in other strings of a test", async () => {
    const text = `
describe("nobody waits", () => {
  it.skipIf(false).each([1])("is rendered anew", () => {
    expect(read("whoever is in front says what is stored")).toBe("asks for nothing")
  })
})
`
    expect(await hitsIn("a.test.ts", text)).toEqual(["2:nobody", "3:anew"])
  })

  it("finds them in Markdown outside code, links and file names", async () => {
    const text = `# What is stored\n\nThe [page](docs/whoever.md) \`asks\`.\n\n\`\`\`sh\nwhoever asks\n\`\`\`\n\n| a | anew |\n`
    expect(await hitsIn("a.md", text)).toEqual(["1:What", "9:anew"])
  })

  it("accepts the same words where they are plain English", async () => {
    const text =
      "What happens next? Users who upload photos decide what to do. Listens on the IP address 127.0.0.1. " +
      "Of course it stands for one address family. There is no other way."
    expect(await hitsIn("a.md", text)).toEqual([])
  })

  it("fails above one hit in 1 000 words, counted over all files of a folder", async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, "docs"))
    await writeFile(join(folder, "docs", "a.md"), "Rendered anew.\n")
    expect((await check(folder)).code).toBe(1)
    await writeFile(join(folder, "b.md"), "plain ".repeat(1000))
    expect((await check(folder)).code).toBe(0)
  })
})

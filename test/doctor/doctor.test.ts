/** The command `imgtailor doctor` on a folder and on a server, as users run it. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { describe, expect, it } from "vitest"

import type { CheckResult } from "../../src/doctor/check.ts"
import { launchCommand, launchServe, runCommand } from "../support/command.ts"
import { filesBelow, temporaryFolder } from "../support/folders.ts"
import { flat } from "../support/photos.ts"

const SIZES = ["--sizes", "360x270,720x540,480h,1280w"]

const shop = async (): Promise<string> => {
  const cwd = await temporaryFolder()
  await mkdir(join(cwd, "photos", "shop"), { recursive: true })
  await writeFile(join(cwd, "photos", "shop", "a.jpg"), await flat({ width: 1600, height: 1200 }))
  return cwd
}

const resultsOf = (stdout: string): readonly CheckResult[] =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as CheckResult)

const notOk = (results: readonly CheckResult[]): readonly string[] =>
  results.filter(({ state }) => state === "failure" || state === "warning").map(({ name }) => name)

describe("imgtailor doctor", () => {
  it("doctor finds no problem on a machine with photos, and prints each check", async () => {
    const cwd = await shop()
    const args = ["doctor", "--originals", "photos", "--watch", ...SIZES]
    const json = await runCommand([...args, "--json"], { cwd })
    expect([json.code, notOk(resultsOf(json.stdout))]).toEqual([0, []])
    expect(resultsOf(json.stdout).map(({ name }) => name)).toEqual(
      expect.arrayContaining(["renders", "renditions-writable", "free-space", "file-watches", "list-doubles"]),
    )
    const text = await runCommand(args, { cwd })
    expect(text.stdout).toMatch(/^ok {3}renders {2}render a small picture/m)
    expect(text.stdout).toMatch(/^\d+ checks: \d+ ok, 0 warnings, 0 failures, \d+ skipped\.$/m)
  })

  it("doctor finds no problem of a server, and leaves no photo behind", async () => {
    const cwd = await shop()
    const { url } = await launchServe(["photos", ...SIZES], { cwd })
    const { code, stdout } = await runCommand(["doctor", url, "--upload", "photos", "--json"], { cwd })
    expect([code, notOk(resultsOf(stdout))]).toEqual([0, []])
    const skipped = resultsOf(stdout).filter(({ state }) => state === "skipped")
    expect(skipped.map(({ name }) => name)).toEqual(["cache-tag"])
    expect(await filesBelow(join(cwd, "photos"))).toEqual(["shop/a.jpg"])
  })

  it("doctor that is interrupted leaves no photo behind", async () => {
    const cwd = await shop()
    const { url } = await launchServe(["photos", ...SIZES], { cwd })
    const running = launchCommand(["doctor", url, "--upload", "photos", "--json"], { cwd })
    await running.until(/"miss-then-hit"/)
    expect(await filesBelow(join(cwd, "photos"))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^imgtailor-doctor-/)]),
    )
    expect(await running.end("SIGINT")).toBe(130)
    expect(running.stderr()).toBe("imgtailor: Interrupted.\n")
    expect(await filesBelow(join(cwd, "photos"))).toEqual(["shop/a.jpg"])
  })

  it("doctor without a photo makes the checks that need none", async () => {
    const cwd = await shop()
    const { url } = await launchServe(["photos", ...SIZES], { cwd })
    const { code, stdout } = await runCommand(["doctor", url, "--json"], { cwd })
    const ok = resultsOf(stdout).filter(({ state }) => state === "ok")
    expect([code, ok.map(({ name }) => name)]).toEqual([
      0,
      expect.arrayContaining(["published-list", "missing-original", "unlisted-size", "hostile-urls"]),
    ])
  })

  it("doctor exits with 1 and describes a failure, its meaning and its fix", async () => {
    const cwd = await shop()
    await writeFile(join(cwd, "taken"), "")
    const args = ["doctor", "--originals", "photos", "--renditions", "taken", ...SIZES]
    const { code, stdout } = await runCommand(args, { cwd })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^FAIL renditions-writable {2}.*\n {5}.*taken.*\n {5}Meaning: .*\n {5}Fix: .*$/m)
  })

  it("doctor reports a wrong configuration as a failed check", async () => {
    const { code, stdout } = await runCommand(["doctor", "--originals", "none", "--sizes", "320W", "--json"], {
      cwd: await shop(),
    })
    expect([code, notOk(resultsOf(stdout))]).toEqual([1, ["configuration"]])
  })

  it.each([
    ["ftp://x", "Expected the URL of a server"],
    ["shop", "Expected the URL of a server"],
  ])("doctor rejects %s", async (argument, message) => {
    const { code, stderr } = await runCommand(["doctor", argument], { cwd: await temporaryFolder() })
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it("doctor --page without Chromium names the way to install it", async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, "page.html"), "<p>")
    const { code, stderr } = await runCommand(["doctor", "--page", "page.html"], {
      cwd,
      env: { CHROMIUM: "/none/chromium" },
    })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Chromium does not start|playwright-core was not found/)])
  })
})

/** Responsible for `imgtailor doctor`: checks of this machine and its configuration, or of a server from outside. */
import { readFile } from "node:fs/promises"

import { Argument, Option } from "commander"

import type { TailorConfig } from "../../config/options.ts"
import { openTailor } from "../../create-tailor.ts"
import { type CheckResult, failure } from "../../doctor/check.ts"
import { LOCAL_CHECKS, PAGE_CHECKS, REMOTE_CHECKS } from "../../doctor/checks.ts"
import { localContext } from "../../doctor/local-context.ts"
import type { PageImage } from "../../doctor/measured-page.ts"
import { sizeOfUrl, urlsOf } from "../../doctor/page-context.ts"
import { remoteContext } from "../../doctor/remote-context.ts"
import { runChecks } from "../../doctor/run-checks.ts"
import { thisSystem } from "../../doctor/system.ts"
import { openUploads } from "../../doctor/uploads.ts"
import { badConfig, codeOf, describeError, isAbort } from "../../errors.ts"
import type { Size } from "../../sizes/list.ts"
import { publishList } from "../../sizes/published.ts"
import type { Command, Invocation, Values } from "../command.ts"
import { printResult, summaryOf } from "../doctor-report.ts"
import { INTERRUPTED, onInterrupt } from "../interruption.ts"
import { JSON_OPTION, loadFromOptions, NO_LOCATIONS, settingOptions, textOf } from "../options.ts"
import { print, printJson, printMessage } from "../output.ts"

const OWN: readonly Option[] = [
  new Option("--photo <key>", "Existing original that remote checks request."),
  new Option("--upload <location>", "Folder or s3://bucket/prefix for probe photos, which are deleted at the end."),
  new Option("--within <seconds>", "Time in which a replaced or deleted photo must be seen. (default: 90)"),
  new Option("--function-url <url>", "URL of the function behind CloudFront, which must not be public."),
  new Option("--page <url|file>", "Check the images of a page in Chromium, instead of a server."),
  new Option("--nginx <file>", "Configuration of nginx to compare with the list."),
  JSON_OPTION,
]

/** Options of the checks that run. */
interface Run {
  /** Called with each result. */
  readonly onResult: (result: CheckResult) => void
  /** Ends the checks. Probe photos are deleted in any case. */
  readonly signal: AbortSignal
}

const loadOrFail = async (invocation: Invocation): Promise<TailorConfig | CheckResult> => {
  const check = { name: "configuration", probe: "read and validate the configuration" }
  try {
    return await loadFromOptions(invocation)
  } catch (error) {
    if (codeOf(error) !== "bad-config") throw error
    const fix = "Correct the settings: docs/settings.md lists them."
    return { ...check, ...failure({ observation: describeError(error), meaning: "No command starts.", fix }) }
  }
}

const readNginx = async (path: string | undefined): Promise<string | undefined> => {
  if (path === undefined) return undefined
  return readFile(path, "utf8").catch((error: unknown) => {
    throw badConfig([`--nginx: Expected a readable file, got ${path}: ${describeError(error)}.`])
  })
}

const checkLocal = async (invocation: Invocation, run: Run): Promise<readonly CheckResult[]> => {
  const config = await loadOrFail(invocation)
  if ("state" in config) {
    run.onResult(config)
    return [config]
  }
  const nginxText = await readNginx(textOf(invocation.values, "nginx"))
  const tailor = openTailor(config)
  try {
    return await runChecks(LOCAL_CHECKS, localContext(tailor, thisSystem(process.env), { nginxText }), run)
  } finally {
    await tailor.close()
  }
}

/** Version of the list in the local configuration, if one is given. */
const localVersion = async (invocation: Invocation): Promise<string | undefined> => {
  const { values } = invocation
  if (values["config"] === undefined && values["sizes"] === undefined) return undefined
  const { basePath, grammar } = await loadFromOptions(invocation)
  return publishList({ basePath, ...grammar }).version
}

const secondsOf = (values: Values): number | undefined => {
  const text = textOf(values, "within")
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text)) throw badConfig([`--within: Expected seconds like 90, got ${text}.`])
  return Number(text)
}

/** The time that a check with uploads may take besides the time in which a change must be seen. */
const EXTRA_SECONDS = 60

const checkRemote = async (base: URL, invocation: Invocation, run: Run): Promise<readonly CheckResult[]> => {
  const { values } = invocation
  const place = textOf(values, "upload")
  const s3 = { endpoint: textOf(values, "s3Endpoint"), region: textOf(values, "s3Region") }
  const uploads = place === undefined ? undefined : openUploads(place, s3)
  const withinSeconds = secondsOf(values)
  const context = remoteContext(base, {
    uploads,
    withinSeconds,
    photo: textOf(values, "photo"),
    functionUrl: textOf(values, "functionUrl"),
    expectedVersion: await localVersion(invocation),
  })
  try {
    return await runChecks(REMOTE_CHECKS, context, {
      ...run,
      timeoutMs: (context.withinSeconds + EXTRA_SECONDS) * 1000,
    })
  } finally {
    await uploads?.close()
  }
}

/** @throws {bad-config} the argument is no URL of a server */
const parseBase = (text: string): URL => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw badConfig([`Expected the URL of a server like https://img.example.com, got ${JSON.stringify(text)}.`])
  return new URL(text.replace(/\/+$/, ""))
}

/** The list for a page: that of the configuration, else of the server that is named or has the first image. */
const listFor = async (
  invocation: Invocation,
  server: string | undefined,
  images: readonly PageImage[],
): Promise<readonly Size[]> => {
  const { values } = invocation
  if (values["config"] !== undefined || values["sizes"] !== undefined)
    return (await loadFromOptions(invocation, NO_LOCATIONS)).grammar.sizes
  const image = images.flatMap(urlsOf).find((url) => sizeOfUrl(url) !== undefined)
  const base = server ?? (image === undefined ? undefined : new URL(image).origin)
  return base === undefined
    ? []
    : remoteContext(parseBase(base))
        .sizes()
        .catch(() => [])
}

const checkPage = async (page: string, invocation: Invocation, run: Run): Promise<readonly CheckResult[]> => {
  const { measurePages } = await import("../../doctor/measure-pages.ts")
  const [measured] = await measurePages([page], process.env)
  if (!measured) return []
  const sizes = await listFor(invocation, invocation.operands[0], measured.images)
  return runChecks(PAGE_CHECKS, { ...measured, sizes }, run)
}

const checkAny = (invocation: Invocation, run: Run): Promise<readonly CheckResult[]> => {
  const [url] = invocation.operands
  const page = textOf(invocation.values, "page")
  if (page !== undefined) return checkPage(page, invocation, run)
  return url === undefined ? checkLocal(invocation, run) : checkRemote(parseBase(url), invocation, run)
}

/** `imgtailor doctor`. */
export const doctor: Command = {
  description: "Check this machine and its configuration, or a server from outside. Exit code 1 if a check fails.",
  argument: new Argument("[url]", "Base URL of a server. Without one, this machine is checked."),
  options: settingOptions(() => true, OWN),
  example: "imgtailor doctor https://img.example.com --photo shop/photo.jpg",
  run: async (invocation) => {
    const isJson = invocation.values["json"] === true
    const signal = onInterrupt()
    try {
      const results = await checkAny(invocation, { onResult: isJson ? printJson : printResult, signal })
      if (!isJson) print(`\n${summaryOf(results)}`)
      if (results.some(({ state }) => state === "failure")) process.exitCode = 1
    } catch (error) {
      if (!signal.aborted || !isAbort(error)) throw error
      printMessage("Interrupted.")
      process.exitCode = INTERRUPTED
    }
  },
}

/**
 * Responsible for `imgtailor deploy`: deploys the stack for AWS for users without a CDK app. Makes an app with one stack, and runs `cdk`.
 */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"

import { Argument, Option } from "commander"

import type { ImageTailorProps } from "../../aws/stack/construct.ts"
import { makeTemplate } from "../../aws/stack/stack.ts"
import { eventsCommand } from "../../aws/stack/template.ts"
import { badConfig, notInstalled } from "../../errors.ts"
import { parseS3Url } from "../../store/s3/place.ts"
import type { Command, Values } from "../command.ts"
import { checkDeployment } from "../deploy-checks.ts"
import { textOf } from "../options.ts"
import { print, printMessage } from "../output.ts"
import { stackFromOptions, stackOptions } from "../stack.ts"

const OWN: readonly Option[] = [
  new Option("--stack <name>", "Name of the stack.").default("ImgTailor"),
  new Option("--code <zip>", "Zip made by package --mode direct. (default: made now)"),
  new Option("--synth <folder>", "Only write the CDK's cloud assembly into a folder."),
]

const PACKAGES = "aws-cdk-lib constructs aws-cdk"

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"

/** The CDK is large, and only this command needs it, so users install it themselves. */
const loadCdk = async () => {
  try {
    return {
      ...(await import("aws-cdk-lib/core")),
      ...(await import("../../aws/stack/construct.ts")),
    }
  } catch (error) {
    throw isNotFound(error) ? notInstalled("The package aws-cdk-lib", PACKAGES) : error
  }
}

const IS_WINDOWS = process.platform === "win32"

/** Folders of programs, those of the project first: npx adds them to PATH, a plain call does not. */
const searchPath = (): string => [join(process.cwd(), "node_modules", ".bin"), process.env["PATH"]].join(delimiter)

/** @throws {bad-config} where `cdk` is not installed, before anything is written */
const requireCdk = (): void => {
  const name = IS_WINDOWS ? "cdk.cmd" : "cdk"
  const isInstalled = searchPath()
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)))
  if (!isInstalled) throw notInstalled("The command cdk", PACKAGES)
}

/** Runs `cdk` and takes over its exit code. It ends first, also after a signal: it reads the assembly, which is removed afterwards. */
const runCdk = async (args: readonly string[]): Promise<void> => {
  const env = { ...process.env, PATH: searchPath() }
  // A terminal sends Ctrl-C to both processes.
  const onInterrupt = (): void => {}
  const onTerminate = (): void => void child.kill("SIGTERM")
  // Before cdk starts, so that no signal ends this process while cdk runs.
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate)
  const child = spawn("cdk", args, { stdio: "inherit", env, shell: IS_WINDOWS })
  try {
    process.exitCode = await new Promise<number>((done, fail) => {
      child.once("error", fail)
      child.once("close", (code) => done(code ?? 1))
    })
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate)
  }
}

/** Mistakes that the CDK would report less clearly. */
const problemsOf = ({ stack, code, synth }: Values): readonly string[] => [
  ...(/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(String(stack))
    ? []
    : [`--stack: Expected a letter, then letters, digits and hyphens, got ${JSON.stringify(stack)}.`]),
  ...(code === undefined || existsSync(String(code))
    ? []
    : [`--code: Expected a zip made by imgtailor package --mode direct, found none at ${JSON.stringify(code)}.`]),
  ...(synth === "" ? ["--synth: Expected a folder, got none."] : []),
]

/** Writes the cloud assembly of an app with one stack, whose outputs have the same names in every version. */
const synthesiseApp = async (outdir: string, name: string, props: ImageTailorProps): Promise<void> => {
  const { App, CfnOutput, Stack, ImageTailor } = await loadCdk()
  const app = new App({ outdir })
  const stack = new Stack(app, name)
  const images = new ImageTailor(stack, "Images", props)
  const outputs = {
    DistributionDomainName: images.domainName,
    DistributionId: images.distribution.distributionId,
    RenditionsBucket: images.renditions.bucketName,
    RendererName: images.renderer.functionName,
    ...(props.warm === true && {
      BatchArn: images.getResource("Batch").getAtt("Arn").toString(),
      BatchRoleArn: images.getResource("BatchRole").getAtt("Arn").toString(),
    }),
  }
  for (const [id, value] of Object.entries(outputs)) void new CfnOutput(stack, id, { value })
  app.synth()
}

/** Without events, replaced photos stay stale in the CDN and in the bucket of renditions. */
const warnAboutEvents = (originals: unknown): void => {
  const bucket = parseS3Url(String(originals))?.bucket ?? "BUCKET"
  printMessage(
    `Events are off: replaced and deleted photos stay in the CDN for up to a year. Turn them on with --enable-events, or for a bucket without other notifications: ${eventsCommand(bucket)}`,
  )
}

/** `imgtailor deploy`. */
export const deploy: Command = {
  description: "Deploy CloudFront, S3 and Lambda for a bucket of originals, with the AWS CDK.",
  argument: new Argument("[options-for-cdk...]", "Options for cdk deploy, after --."),
  options: stackOptions(OWN),
  example: "imgtailor deploy --originals s3://shop-photos --sizes 360x270,480h,1280w -- --profile shop",
  run: async (invocation) => {
    const { values, operands } = invocation
    if (operands.length > 0 && !process.argv.includes("--"))
      throw badConfig([`${operands.join(" ")}: Expected no arguments; those for cdk follow --.`])
    const { settings, stack } = await stackFromOptions(invocation)
    // Reports every mistake at once; the construct would throw its own error.
    await makeTemplate(settings, stack, problemsOf(values))
    const folder = textOf(values, "synth")
    const wanted = folder === undefined ? undefined : resolve(folder)
    if (wanted === undefined) {
      requireCdk()
      await checkDeployment(settings, stack)
    }
    const outdir = wanted ?? (await mkdtemp(join(tmpdir(), "imgtailor-deploy-")))
    try {
      const props = { ...settings, ...stack, code: textOf(values, "code") } as unknown as ImageTailorProps
      await synthesiseApp(outdir, String(values["stack"]), props)
      if (wanted === undefined) await runCdk(["deploy", "--app", outdir, ...operands])
      else print(wanted)
      if (stack.enableEvents === false) warnAboutEvents(settings["originals"])
    } finally {
      if (wanted === undefined) await rm(outdir, { recursive: true, force: true })
    }
  },
}

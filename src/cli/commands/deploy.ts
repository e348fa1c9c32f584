/** `imgtailor deploy`: the direct flow for people without a CDK app of their own. Makes one of one stack, and leaves the rest to `cdk`. */
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"

import type { ArgsDef } from "citty"

import type { ImageTailorProps } from "../../aws/stack/construct.ts"
import { makeTemplate } from "../../aws/stack/stack.ts"
import { notInstalled } from "../../errors.ts"
import type { Values } from "../arguments.ts"
import type { Command } from "../main.ts"
import { print } from "../output.ts"
import { STACK_ARGUMENTS, stackFromArguments } from "../stack.ts"

const args: ArgsDef = {
  stack: { type: "string", valueHint: "name", default: "ImgTailor", description: "Name of the stack." },
  synth: { type: "string", valueHint: "folder", description: "Only write the CDK's assembly into a folder." },
  code: { type: "string", valueHint: "zip", description: "Made by package --mode direct. Default: made now." },
  ...STACK_ARGUMENTS,
}

const PACKAGES = "aws-cdk-lib constructs aws-cdk"

const isNotFound = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND"

/** Both are big, and nobody else needs them. */
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

/** Where programs are, those of the project first: npx has them there, a bare call has not. */
const searchPath = (): string => [join(process.cwd(), "node_modules", ".bin"), process.env["PATH"]].join(delimiter)

/** @throws where `cdk` is not there, before anything is made for it */
const requireCdk = (): void => {
  const name = IS_WINDOWS ? "cdk.cmd" : "cdk"
  const isThere = searchPath()
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)))
  if (!isThere) throw notInstalled("The command cdk", PACKAGES)
}

/** Runs `cdk` to its end, and ends as it does. */
const runCdk = async (given: readonly string[]): Promise<void> => {
  const env = { ...process.env, PATH: searchPath() }
  const child = spawn("cdk", given, { stdio: "inherit", env, shell: IS_WINDOWS })
  process.exitCode = await new Promise<number>((done, fail) => {
    child.once("error", fail)
    child.once("close", (code) => done(code ?? 1))
  })
}

/** Arguments of ours, and what follows `--`, which is for `cdk`. */
const divide = (values: Values): { readonly own: Values; readonly passed: readonly string[] } => {
  const at = process.argv.indexOf("--")
  const passed = at < 0 ? [] : process.argv.slice(at + 1)
  const positional = [values["_"] ?? []].flat().map(String)
  return { own: { ...values, _: positional.slice(0, positional.length - passed.length) }, passed }
}

/** What the CDK would complain of at length. */
const problemsOf = ({ stack, code, synth }: Values): readonly string[] => [
  ...(/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(String(stack))
    ? []
    : [`--stack: Expected a letter, then letters, digits and hyphens, got ${JSON.stringify(stack)}.`]),
  ...(code === undefined || existsSync(String(code))
    ? []
    : [`--code: Expected a zip that imgtailor package --mode direct made, found none at ${JSON.stringify(code)}.`]),
  ...(synth === "" ? ["--synth: Expected a folder, got none."] : []),
]

export const deploy: Command = {
  examples: [
    "imgtailor deploy --originals s3://shop-photos --sizes 360x270,480h,1280w",
    "imgtailor deploy --config imgtailor.config.ts --stack Photos -- --profile shop --require-approval never",
    "imgtailor deploy --config imgtailor.config.ts --synth cdk.out",
  ],
  description: "Deploy CloudFront, S3 and Lambda for a bucket of photos, with the AWS CDK.",
  args,
  run: async (values) => {
    const { own, passed } = divide(values)
    const { settings, stack } = await stackFromArguments(own, args)
    // Here a mistake is told as by every command; the construct has only an error to throw.
    await makeTemplate(settings, stack, problemsOf(own))
    const wanted = own["synth"] === undefined ? undefined : resolve(String(own["synth"]))
    if (wanted === undefined) requireCdk()
    const { App, Stack, ImageTailor } = await loadCdk()
    const outdir = wanted ?? (await mkdtemp(join(tmpdir(), "imgtailor-deploy-")))
    try {
      const app = new App({ outdir })
      const code = own["code"] === undefined ? undefined : String(own["code"])
      const props = { ...settings, ...stack, code } as unknown as ImageTailorProps
      void new ImageTailor(new Stack(app, String(own["stack"])), "Images", props)
      app.synth()
      if (wanted === undefined) await runCdk(["deploy", "--app", outdir, ...passed])
      else print(wanted)
    } finally {
      if (wanted === undefined) await rm(outdir, { recursive: true, force: true })
    }
  },
}

/** Responsible for `imgtailor policies`: prints the policies and routing rules of a setup on AWS by hand. */
import { readFile } from "node:fs/promises"

import { Argument, Option } from "commander"

import { type PolicyDocument, policyDocuments } from "../../aws/policy-documents.ts"
import { isRoute } from "../../aws/route.ts"
import { resolveConfig } from "../../config/resolve.ts"
import { badConfig, describeError } from "../../errors.ts"
import { parseS3Url } from "../../store/s3/place.ts"
import type { Command, Values } from "../command.ts"
import { NO_LOCATIONS, settingOptions, settingsFromOptions, textOf } from "../options.ts"
import { bold, print } from "../output.ts"
import { writeFiles } from "../write-files.ts"

const NEEDED: ReadonlySet<string> = new Set(["originals", "renditions", "sizes", "formats", "retired", "focalPoints"])

const OWN: readonly Option[] = [
  new Option("--bucket <name>", "Redirect flow: the bucket of originals and renditions."),
  new Option(
    "--api-host <host>",
    "Redirect flow: host of the API in front of the function. The default is only an example.",
  ).default("abcde12345.execute-api.eu-central-1.amazonaws.com"),
  new Option("--route <path>", "Redirect flow: path of the function in the API, with its stage.").default("resizer"),
  new Option("--public-originals", "Redirect flow: let everybody read originals, too."),
  new Option("--distribution-arn <arn>", "CloudFront distribution that the function may invalidate."),
  new Option("--kms-key-arn <arn>", "KMS key that encrypts the originals."),
  new Option("--existing <file>", "File with the bucket's current policy, into which the new statements are merged."),
  new Option("--out <folder>", "Write files into a folder instead of printing."),
]

/** ARNs of both locations, and whether they are one bucket. @throws {bad-config} */
const locationsOf = (
  values: Values,
  settings: Readonly<Record<string, unknown>>,
): { readonly originals: string; readonly renditions: string; readonly isRedirect: boolean } => {
  const bucket = textOf(values, "bucket")
  const arnOf = (name: string): string => {
    if (bucket === undefined && typeof settings[name] === "object")
      throw badConfig([
        `${name}: Expected one bucket in S3, got several sources. Run the command for each of them, with --originals.`,
      ])
    const place = parseS3Url(bucket === undefined ? String(settings[name]) : `s3://${bucket}`)
    if (place) return `arn:aws:s3:::${place.bucket}/${place.prefix}`
    throw badConfig([
      bucket === undefined
        ? `${name}: Expected a bucket in S3, or --bucket for the redirect flow.`
        : `--bucket: Expected the name of a bucket like shop-photos, got ${JSON.stringify(bucket)}.`,
    ])
  }
  return { originals: arnOf("originals"), renditions: arnOf("renditions"), isRedirect: bucket !== undefined }
}

/** The present policy of the bucket. @throws {bad-config} the file cannot be read, or is no policy */
const readPolicy = async (path: string | undefined): Promise<string | undefined> => {
  if (path === undefined) return undefined
  try {
    const text = await readFile(path, "utf8")
    const policy: unknown = JSON.parse(text)
    if (typeof policy !== "object" || policy === null) throw new TypeError("it is no JSON object")
    return text
  } catch (error) {
    throw badConfig([`--existing: Expected a policy as JSON, got ${path}: ${describeError(error)}.`])
  }
}

/** The function answers at no other path. @throws {bad-config} */
const routeOf = (values: Values): string => {
  const route = (textOf(values, "route") ?? "").replaceAll(/^\/+|\/+$/g, "")
  if (isRoute(`/${route}`)) return route
  throw badConfig([`--route: Expected a path that ends in resizer, like prod/resizer, got ${JSON.stringify(route)}.`])
}

const printAll = (documents: readonly PolicyDocument[]): void => {
  for (const { name, text } of documents) print(`${bold(name)}\n${text}`)
}

/** @throws {bad-config} there is no document of this name */
const printOne = (documents: readonly PolicyDocument[], wanted: string): void => {
  const found = documents.find(({ name }) => name === wanted || name.startsWith(`${wanted}.`))
  const names = documents.map(({ name }) => name).join(", ")
  if (!found) throw badConfig([`${wanted}: Expected one of ${names}.`])
  process.stdout.write(found.text)
}

/** `imgtailor policies`. */
export const policies: Command = {
  description:
    "Print the policies and routing rules for an AWS setup made by hand. With --bucket they are those of the redirect flow (docs/aws-redirect.md).",
  argument: new Argument("[document]", "Print only this document, like bucket-policy."),
  options: settingOptions(
    (name) => NEEDED.has(name),
    OWN.map((option) => option.helpGroup("AWS:")),
  ),
  example: "imgtailor policies --bucket shop-photos --sizes 360x270,480h,1280w --out aws",
  run: async (invocation) => {
    const { values, operands } = invocation
    const settings = await settingsFromOptions(invocation)
    const { isRedirect, ...locations } = locationsOf(values, settings)
    const config = resolveConfig({ ...settings, ...NO_LOCATIONS }, { directory: process.cwd(), threads: 4 })
    const documents = policyDocuments({
      ...locations,
      listed: config.grammar,
      apiHost: isRedirect ? textOf(values, "apiHost") : undefined,
      route: routeOf(values),
      distributionArn: textOf(values, "distributionArn"),
      kmsKeyArn: textOf(values, "kmsKeyArn"),
      hasPublicOriginals: values["publicOriginals"] === true,
      focalPoints: typeof settings["focalPoints"] === "string" ? settings["focalPoints"] : undefined,
      existing: await readPolicy(textOf(values, "existing")),
    })
    const [wanted] = operands
    const out = textOf(values, "out")
    if (wanted !== undefined) return printOne(documents, wanted)
    if (out === undefined) return printAll(documents)
    for (const path of await writeFiles(
      out,
      documents.map(({ name, text }) => ({ name, content: text })),
    ))
      print(path)
  },
}

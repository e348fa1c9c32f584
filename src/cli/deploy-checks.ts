/**
 * Responsible for the checks of `imgtailor deploy` that need the account: the compute time of the edge function, and the quota of Lambda.
 *
 * Invariants:
 * - A check that the account does not permit is reported and skipped. A check that fails stops the deployment.
 */
import { adviseConcurrency, readAccountQuota } from "../aws/account-quota.ts"
import { edgeSource } from "../aws/edge/source.ts"
import type { StackOptions } from "../aws/stack/stack.ts"
import { measureUtilisation } from "../aws/test-function.ts"
import { resolveConfig } from "../config/resolve.ts"
import { badConfig, codeOf, describeError } from "../errors.ts"
import { findRegion } from "../store/s3/region.ts"
import { NO_LOCATIONS } from "./options.ts"
import { printMessage } from "./output.ts"

/** Percent of CloudFront's limit. Its machines vary. */
const MAX_UTILISATION = 60

/** Result of a call; undefined after a message if the account does not permit it. */
const tryCall = async <T>(what: string, call: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await call()
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === "bad-config") throw error
    printMessage(`${what} was not checked: ${describeError(error)}`)
    return undefined
  }
}

const checkEdge = async (settings: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Promise<void> => {
  const config = resolveConfig({ ...settings, ...NO_LOCATIONS }, { directory: process.cwd(), threads: 4 })
  const { basePath, grammar } = config
  const size = grammar.sizes[0].name
  const source = await edgeSource(config)
  const utilisation = await tryCall("The time of the edge function", () =>
    measureUtilisation(source, { basePath, size }, { endpoint: env["AWS_ENDPOINT_URL_CLOUDFRONT"] }),
  )
  if (utilisation !== undefined && utilisation > MAX_UTILISATION)
    throw badConfig([
      `sizes: The edge function uses ${utilisation} % of the time that CloudFront allows; at most ${MAX_UTILISATION} % are safe. List fewer sizes, or leave unknownSize at reject.`,
    ])
}

const checkQuota = async ({ concurrency = 0, warm }: StackOptions, env: NodeJS.ProcessEnv): Promise<void> => {
  const region = findRegion(env)
  if (region === undefined) return printMessage("Lambda's quota was not checked: AWS_REGION is not set.")
  const quota = await tryCall("Lambda's quota", () =>
    readAccountQuota({ region, endpoint: env["AWS_ENDPOINT_URL_LAMBDA"] }),
  )
  const advice = quota && adviseConcurrency(quota, concurrency, warm ? 2 : 1)
  if (advice !== undefined) printMessage(advice)
}

/** A web ACL for CloudFront can only be created in us-east-1. */
const checkRegion = ({ rateLimit }: StackOptions, env: NodeJS.ProcessEnv): void => {
  const region = findRegion(env)
  if (rateLimit !== undefined && region !== undefined && region !== "us-east-1")
    throw badConfig([
      `rateLimit: Expected a stack in us-east-1, got ${region}. Create the web ACL in us-east-1, and pass its ARN in --web-acl.`,
    ])
}

/**
 * Checks a deployment.
 * @throws {bad-config} it would fail, or the edge function takes too long
 */
export const checkDeployment = async (
  settings: Readonly<Record<string, unknown>>,
  stack: StackOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> => {
  checkRegion(stack, env)
  await checkQuota(stack, env)
  await checkEdge(settings, env)
}

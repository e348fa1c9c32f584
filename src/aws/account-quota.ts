/** Responsible for the number of functions that may run at once in an account, and for a suggestion how many to reserve. */
import type { CredentialSource } from "../store/s3/credential-types.ts"
import { type AwsCall, callAws, toApiError } from "./aws-api.ts"

/** Concurrent executions of all functions of an account, in one region. */
export interface AccountQuota {
  readonly concurrentExecutions: number
  /** Those that no function has reserved. */
  readonly unreserved: number
}

/** How to reach Lambda's API. */
export interface QuotaOptions {
  readonly region: string
  /** Without a trailing slash. @default Amazon's */
  readonly endpoint?: string | undefined
  /** @default those of the process */
  readonly source?: CredentialSource | undefined
}

/**
 * Reads the quota. Needs `lambda:GetAccountSettings`.
 * @throws {store-unavailable} {store-denied} Lambda refuses the call
 */
export const readAccountQuota = async ({ region, endpoint, source }: QuotaOptions): Promise<AccountQuota> => {
  const call: AwsCall = {
    service: "lambda",
    region,
    method: "GET",
    url: `${endpoint ?? `https://lambda.${region}.amazonaws.com`}/2016-08-19/account-settings/`,
    name: "account settings",
  }
  const { reply, failure } = await callAws(call, source)
  if (failure) throw toApiError(failure, call)
  const { AccountLimit } = JSON.parse(Buffer.from(reply.body).toString()) as {
    readonly AccountLimit: { readonly ConcurrentExecutions: number; readonly UnreservedConcurrentExecutions: number }
  }
  return {
    concurrentExecutions: AccountLimit.ConcurrentExecutions,
    unreserved: AccountLimit.UnreservedConcurrentExecutions,
  }
}

/** Lambda keeps so many for functions without a reservation (Lambda Developer Guide, "Configuring reserved concurrency"). */
const KEPT_UNRESERVED = 100
/** A page of a new design requests this many thumbnails of different photos at once, from a few visitors. */
const PLENTY = 200

/** Concurrent executions to reserve: 0 if the account has too few. */
export const suggestConcurrency = ({ unreserved }: AccountQuota): number =>
  unreserved - KEPT_UNRESERVED < PLENTY / 4 ? 0 : Math.min(PLENTY, Math.floor((unreserved - KEPT_UNRESERVED) / 2))

/**
 * What to report about a reservation; undefined if it is fine.
 * @param reserved 0 for none
 * @param functions number of functions with this reservation
 */
export const adviseConcurrency = (quota: AccountQuota, reserved: number, functions: number): string | undefined => {
  const { concurrentExecutions, unreserved } = quota
  const account = `This account runs at most ${concurrentExecutions} functions at once, of which ${unreserved} are not reserved.`
  const most = Math.max(0, Math.floor((unreserved - KEPT_UNRESERVED) / functions))
  if (reserved > most)
    return `${account} --concurrency ${reserved} fails unless the stack has reserved the difference already: at most ${most} more can be reserved.`
  if (concurrentExecutions < PLENTY)
    return `${account} More requests for images that are not stored get 429, which browsers do not retry: request a higher quota for Lambda.`
  const suggested = suggestConcurrency(quota)
  return reserved === 0 && suggested > 0
    ? `${account} --concurrency ${suggested} would limit the cost of rendering, and keep the rest for other functions.`
    : undefined
}

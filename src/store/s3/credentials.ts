/**
 * Responsible for credentials that are valid at the time of a request.
 *
 * Invariants:
 * - Credentials are replaced before they expire, by one lookup however many requests wait for it.
 * - If that lookup fails, credentials that are still valid stay in use.
 */
import {
  containerCredentials,
  environmentCredentials,
  instanceCredentials,
  profileCredentials,
} from "./credential-sources.ts"
import type { CredentialSource, ImportPackage, S3Credentials } from "./credential-types.ts"

/** Credentials are replaced this long before they expire. AWS provides new ones by then. */
const EARLY_MS = 5 * 60_000

const remainingMs = ({ expiration }: S3Credentials, now: number): number =>
  expiration === undefined ? Infinity : expiration.getTime() - now

/** Credentials that are looked up once, and again before they expire. @param clock milliseconds since 1970 */
export const cachedCredentials = (
  find: () => Promise<S3Credentials>,
  clock: () => number = Date.now,
): CredentialSource => {
  let cached: S3Credentials | undefined
  let finding: Promise<S3Credentials> | undefined

  const findOnce = (): Promise<S3Credentials> => {
    finding ??= find()
      .then((found) => (cached = found))
      .finally(() => (finding = undefined))
    return finding
  }

  return {
    get: async () => {
      const current = cached
      if (current && remainingMs(current, clock()) > EARLY_MS) return current
      try {
        return await findOnce()
      } catch (error) {
        if (current && cached === current && remainingMs(current, clock()) > 0) return current
        throw error
      }
    },
    forget: (refused) => {
      if (cached === refused) cached = undefined
    },
  }
}

const importPackage: ImportPackage = (name) => import(name)

/**
 * The first credentials found: in the environment, from the container (ECS, EKS), from the instance (EC2), and last by Amazon's package,
 * which reads profiles and single sign-on. Where a profile or a web identity is configured, the instance is skipped.
 */
const findCredentials = async (env: NodeJS.ProcessEnv, load: ImportPackage): Promise<S3Credentials> => {
  const needsPackage = env["AWS_PROFILE"] || env["AWS_WEB_IDENTITY_TOKEN_FILE"]
  return (
    environmentCredentials(env) ??
    (await containerCredentials(env)) ??
    (needsPackage ? undefined : await instanceCredentials(env)) ??
    (await profileCredentials(load))
  )
}

/** The credentials of this process. */
export const defaultCredentials = (
  env: NodeJS.ProcessEnv = process.env,
  load: ImportPackage = importPackage,
): CredentialSource => cachedCredentials(() => findCredentials(env, load))

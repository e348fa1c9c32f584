/**
 * Who we are to S3. Keys that expire are replaced before they do, by one request at a time; what still works is kept where that fails.
 */
import {
  containerCredentials,
  environmentCredentials,
  instanceCredentials,
  profileCredentials,
} from "./credential-sources.ts"
import type { CredentialSource, ImportPackage, S3Credentials } from "./credential-types.ts"

/** So long before they expire credentials are replaced; Amazon has new ones ready by then. */
const EARLY_MS = 5 * 60_000

const leftMs = ({ expiration }: S3Credentials, now: number): number =>
  expiration === undefined ? Infinity : expiration.getTime() - now

/** Credentials that are found once and again before they expire. */
export const cachedCredentials = (
  find: () => Promise<S3Credentials>,
  clock: () => number = Date.now,
): CredentialSource => {
  let kept: S3Credentials | undefined
  let finding: Promise<S3Credentials> | undefined

  const findOnce = (): Promise<S3Credentials> => {
    finding ??= find()
      .then((found) => (kept = found))
      .finally(() => (finding = undefined))
    return finding
  }

  return {
    get: async () => {
      const current = kept
      if (current && leftMs(current, clock()) > EARLY_MS) return current
      try {
        return await findOnce()
      } catch (error) {
        if (current && kept === current && leftMs(current, clock()) > 0) return current
        throw error
      }
    },
    forget: (refused) => {
      if (kept === refused) kept = undefined
    },
  }
}

const importPackage: ImportPackage = (name) => import(name)

/**
 * The first credentials found: in the environment, from the container (ECS, EKS), from the instance (EC2), and only then, or where a
 * profile or a web identity is named, by Amazon's own package, which knows profiles and single sign-on.
 */
const findCredentials = async (env: NodeJS.ProcessEnv, load: ImportPackage): Promise<S3Credentials> => {
  const named = env["AWS_PROFILE"] || env["AWS_WEB_IDENTITY_TOKEN_FILE"]
  return (
    environmentCredentials(env) ??
    (await containerCredentials(env)) ??
    (named ? undefined : await instanceCredentials(env)) ??
    (await profileCredentials(load))
  )
}

/** Credentials of this process, found anew as they expire. */
export const defaultCredentials = (
  env: NodeJS.ProcessEnv = process.env,
  load: ImportPackage = importPackage,
): CredentialSource => cachedCredentials(() => findCredentials(env, load))

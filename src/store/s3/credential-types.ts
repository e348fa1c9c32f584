/** Responsible for the types of AWS credentials, which their sources, their cache and their users share. */

/** Keys of a user or of a role. Those of a role have a session token and expire. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** Provides credentials that are valid now. */
export interface CredentialSource {
  readonly get: () => Promise<S3Credentials>
  /** Call when these credentials were refused: the next `get` looks for new ones. */
  readonly forget: (refused: S3Credentials) => void
}

/** Imports an optional package. */
export type ImportPackage = (name: string) => Promise<unknown>

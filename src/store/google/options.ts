/** Responsible for the options of the Google Cloud Storage stores. */
import type { Retries } from "../../retry.ts"
import type { Timeouts } from "../bounded-call.ts"

/** A bucket, and how to reach it. */
export interface GoogleOptions {
  readonly bucket: string
  /** Precedes every key, like `photos/`. @default "" */
  readonly prefix?: string | undefined
  /** URL of another server. @default STORAGE_EMULATOR_HOST, else Google's */
  readonly endpoint?: string | undefined
  /** Project of the bucket. @default found by the SDK, with the credentials */
  readonly projectId?: string | undefined
  /** File with the key of a service account. @default GOOGLE_APPLICATION_CREDENTIALS, else the identity of the machine */
  readonly keyFilename?: string | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
  readonly retries?: Partial<Retries> | undefined
  /** Receives sentences for the operator about problems that no request fails for. */
  readonly onNotice?: ((text: string) => void) | undefined
}

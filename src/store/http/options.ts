/** Responsible for the options of originals on a server of HTTP. */
import type { Retries } from "../../retry.ts"
import type { Timeouts } from "../bounded-call.ts"

/** A server of originals, and how to reach it. */
export interface HttpOriginalsOptions {
  /** Precedes every key: `https://cms.example.com/media`. */
  readonly baseUrl: string
  /** Headers of every request, such as `{ authorization: "Bearer …" }`. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Largest original that is read to find its version, if the server sends none. @default 100000000 */
  readonly maxBytes?: number | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
  readonly retries?: Partial<Retries> | undefined
  /** Receives sentences for the operator about problems that no request fails for. */
  readonly onNotice?: ((text: string) => void) | undefined
}

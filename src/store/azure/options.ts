/** Responsible for the options of the Azure stores. */
import type { Retries } from "../../retry.ts"
import type { Timeouts } from "../bounded-call.ts"

/** A credential of `@azure/identity`. */
export interface AzureCredential {
  readonly getToken: (
    scopes: string | string[],
    options?: object,
  ) => Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>
}

/** A container, and how to reach it. */
export interface AzureOptions {
  readonly account: string
  readonly container: string
  /** Precedes every key, like `photos/`. @default "" */
  readonly prefix?: string | undefined
  /** @default AZURE_STORAGE_CONNECTION_STRING */
  readonly connectionString?: string | undefined
  /** @default AZURE_STORAGE_KEY */
  readonly accountKey?: string | undefined
  /** @default `DefaultAzureCredential` of `@azure/identity`, where there is no key and no connection string */
  readonly credential?: AzureCredential | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
  readonly retries?: Partial<Retries> | undefined
  /** Receives sentences for the operator about problems that no request fails for. */
  readonly onNotice?: ((text: string) => void) | undefined
}

/** Responsible for `azure://account/container/prefix` in settings. Loads no code of the store, so that reading a setting costs nothing. */
import { normalisePrefix } from "../prefix.ts"
import type { KeyLimits } from "../store.ts"

/** A container of a storage account, and a prefix in it. */
export interface AzurePlace {
  readonly account: string
  readonly container: string
  /** Empty, or ends with a slash. */
  readonly prefix: string
}

/** 1 024 characters (Azure documentation, "Naming and referencing containers, blobs, and metadata"). */
const MAX_KEY_BYTES = 1024

const ACCOUNT = /^[a-z0-9]{3,24}$/
/** Three to 63 characters without two hyphens in a row, or one of two special containers. */
const CONTAINER = /^(?:\$web|\$root|(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*)$/

const SCHEME = "azure://"

/**
 * Parses `azure://account/container/prefix`, which is written without escapes.
 * @returns undefined for any other text
 */
export const parseAzureUrl = (text: string): AzurePlace | undefined => {
  if (!text.startsWith(SCHEME)) return undefined
  const [account = "", container = "", ...rest] = text.slice(SCHEME.length).split("/")
  const prefix = normalisePrefix(rest.join("/"))
  return ACCOUNT.test(account) && CONTAINER.test(container) && prefix !== undefined
    ? { account, container, prefix }
    : undefined
}

/** The inverse of {@link parseAzureUrl}, with a slash at the end of a prefix. */
export const formatAzureUrl = ({ account, container, prefix }: AzurePlace, key = ""): string =>
  `${SCHEME}${account}/${container}/${prefix}${key}`

/** The part of Azure's limit that a prefix leaves to keys. */
export const keyLimitsOf = ({ prefix }: AzurePlace): KeyLimits => {
  const key = MAX_KEY_BYTES - Buffer.byteLength(prefix)
  return { segment: key, key }
}

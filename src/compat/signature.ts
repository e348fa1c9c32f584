/** Responsible for the signatures of other services' URLs. Loaded only where a key is configured. */
import { createHmac, timingSafeEqual } from "node:crypto"

import { type Refusal, refuse } from "../sizes/decode-path.ts"

/** Why a URL of a service with a configured key is rejected. */
export const BAD_SIGNATURE: Refusal = refuse(
  "bad-url",
  "The signature of the URL does not match the key in compatKeys.",
  "Remove the key to accept every URL: the list of sizes limits the renditions.",
)

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b)

/** True if a text in base64 (URL-safe or not) is the HMAC of a message. @param byteLength of a truncated signature */
export const isHmac = (
  signature: string,
  message: string | Uint8Array,
  {
    algorithm,
    key,
    byteLength,
  }: { readonly algorithm: "sha1" | "sha256"; readonly key: Uint8Array | string; readonly byteLength?: number },
): boolean => {
  const digest = createHmac(algorithm, key).update(message).digest()
  return isEqual(Buffer.from(signature, "base64url"), digest.subarray(0, byteLength ?? digest.length))
}

/**
 * Which refusals mean that an object is not there. S3 says `AccessDenied` rather than `NoSuchKey` to those who may not list the bucket,
 * so that they learn nothing: to a renderer with the least permissions every missing object looks forbidden.
 */
import { storeDenied } from "../../errors.ts"
import type { CallOptions } from "../store.ts"
import type { S3Client } from "./client.ts"
import { isAccessDenied, type S3Failure, toStoreError } from "./failure.ts"
import { listPage } from "./list-objects.ts"
import type { S3Place } from "./place.ts"

/** So long it is remembered that we may not list, and so long one notice has to do. */
const REMEMBERED_MS = 60_000

/** A key that is missing, one that no object can have, and one whose object lies in an archive, where nobody can read it. */
const ABSENT: ReadonlySet<string> = new Set(["NoSuchKey", "KeyTooLongError", "InvalidObjectState", "NoSuchVersion"])

const isAbsent = ({ status, code }: S3Failure): boolean => ABSENT.has(code) || (status === 404 && code === "")

/** Undefined where a refusal means absent. @throws {store-unavailable} {store-denied} where it means something else */
export type AbsentOr = (failure: S3Failure, key: string, options: CallOptions) => Promise<undefined>

export const createAbsentOr = (client: S3Client, place: S3Place, notify: (text: string) => void): AbsentOr => {
  let unlistableUntil = 0

  /** Decides by a list of one key: whoever may list would have been told the truth. */
  const askList = async ({ message }: S3Failure, key: string, { signal }: CallOptions): Promise<undefined> => {
    const listed = await listPage(client, place, key, { signal, maxKeys: 1 })
    if ("page" in listed) {
      if (!listed.page.keys.includes(key)) return undefined
      throw storeDenied("s3", client.nameOf(key), "AccessDenied: the object is there and may be listed, but not read")
    }
    if (!isAccessDenied(listed.failure)) throw toStoreError(listed.failure, client.nameOf(key))
    unlistableUntil = performance.now() + REMEMBERED_MS
    notify(
      `${client.nameOf(key)}: AccessDenied${message && ` (${message})`} is taken for absent, since this bucket may not be listed. ` +
        "Further ones are not reported for a minute.",
    )
    return undefined
  }

  return async (failure, key, options) => {
    if (isAbsent(failure)) return undefined
    if (!isAccessDenied(failure)) throw toStoreError(failure, client.nameOf(key))
    return performance.now() < unlistableUntil ? undefined : askList(failure, key, options)
  }
}

/**
 * Responsible for the question whether a failure means that an object is not there. S3 reports `AccessDenied` instead of `NoSuchKey` to
 * clients that may not list the bucket. To a server with the least permissions, every missing object therefore looks forbidden.
 *
 * Invariants:
 * - A forbidden or archived object counts as absent, and is reported to the operator.
 * - If several objects that `onFound` was called for are forbidden too, the bucket as a whole is unavailable.
 */
import { storeUnavailable } from "../../errors.ts"
import type { CallOptions } from "../store.ts"
import { createWitnesses } from "../witnesses.ts"
import type { S3Client } from "./client.ts"
import {
  describeFailure,
  isAccessDenied,
  isMissingUnlisted,
  missingKmsPermission,
  type S3Failure,
  toStoreError,
} from "./failure.ts"
import { listPage } from "./list-objects.ts"
import type { S3Place } from "./place.ts"

/** A single object that could be read before may have been deleted since: without the right to list, it is forbidden then. */
const LEAST_WITNESSES = 2

/** Time without another notice of the same kind, and without another attempt to list. */
const QUIET_MS = 60_000

/** A missing key, a key that no object can have, and a missing version. */
const ABSENT: ReadonlySet<string> = new Set(["NoSuchKey", "KeyTooLongError", "NoSuchVersion"])

/** Servers have different codes for a missing key, or none; a missing bucket has the same everywhere. */
const isAbsent = ({ status, code }: S3Failure): boolean =>
  ABSENT.has(code) || (status === 404 && code !== "NoSuchBucket" && code !== "NoSuchUpload")

/** True for an object in an archive storage class, which cannot be read before it is restored. */
export const isArchived = ({ code }: S3Failure): boolean => code === "InvalidObjectState"

/** Request headers for the first byte of an object: as cheap as HEAD, but errors have a body with S3's code. */
export const FIRST_BYTE: Readonly<Record<string, string>> = { range: "bytes=0-0" }

/** Decides about failures of reads in one bucket. */
export interface NotFound {
  /** Undefined if the object counts as absent. @throws {store-unavailable} {store-denied} if the failure means something else */
  readonly absentOr: (failure: S3Failure, key: string, options: CallOptions) => Promise<undefined>
  /** Call with the key of each object that was read, so that it can be tried when others are forbidden. */
  readonly onFound: (key: string) => void
}

/** @param clock milliseconds, of a clock that is never set back */
export const createNotFound = (
  client: S3Client,
  place: S3Place,
  notify: (text: string) => void,
  clock: () => number = () => performance.now(),
): NotFound => {
  const isForbidden = async (key: string): Promise<boolean> => {
    const { failure } = await client.send({ method: "GET", key, headers: FIRST_BYTE })
    return failure !== undefined && isAccessDenied(failure)
  }
  const witnesses = createWitnesses(isForbidden, clock)
  let quietUntilMs = 0
  const notifyOnce = (text: string): void => {
    quietUntilMs = clock() + QUIET_MS
    notify(`${text} Similar cases are not reported for a minute.`)
  }

  /** Lists one key to tell a forbidden object from a missing one, for the log. */
  const reportForbidden = async (failure: S3Failure, key: string, { signal }: CallOptions): Promise<undefined> => {
    if (clock() < quietUntilMs) return
    const name = client.nameOf(key)
    const listed = await listPage(client, place, key, { signal, maxKeys: 1 })
    if ("page" in listed) {
      if (listed.page.keys.includes(key))
        notifyOnce(`${name} exists but may not be read: ${describeFailure(failure)}. Allow s3:GetObject.`)
    } else if (isAccessDenied(listed.failure)) {
      notifyOnce(
        `${name} is missing or may not be read: ${describeFailure(failure)}. With s3:ListBucket on the bucket, S3 distinguishes the two.`,
      )
    } else throw toStoreError(listed.failure, name)
  }

  return {
    onFound: witnesses.add,
    absentOr: async (failure, key, options) => {
      if (isAbsent(failure)) return undefined
      const name = client.nameOf(key)
      if (isArchived(failure)) {
        if (clock() >= quietUntilMs)
          notifyOnce(`${name} is in an archive storage class and cannot be read before it is restored.`)
        return undefined
      }
      // The object exists: S3 needs its key only then.
      if (!isAccessDenied(failure) || missingKmsPermission(failure)) throw toStoreError(failure, name)
      if (isMissingUnlisted(failure)) return undefined
      const hasWitnesses = witnesses.count() >= LEAST_WITNESSES
      if (hasWitnesses && (await witnesses.areAllRefused(key, options))) {
        const cause = `${describeFailure(failure)}. Objects that could be read before are forbidden too: check the policy of the bucket.`
        throw storeUnavailable("s3", name, cause)
      }
      return reportForbidden(failure, key, options)
    },
  }
}

/**
 * Responsible for reading S3's events: which objects of which buckets changed. They come directly, through EventBridge, or through a queue
 * or a topic.
 *
 * A notification encodes the key like a form, with a plus for a space (S3 User Guide, "Event message structure"); EventBridge does not
 * encode it. AWS writes `ObjectCreated:Put`. Other servers write `s3:ObjectCreated:Put`: MinIO encodes the key, versitygw does not.
 */

/** An object that was written or removed. */
export interface ObjectChange {
  readonly bucket: string
  readonly key: string
}

interface S3Record {
  readonly eventName?: string
  readonly s3?: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } }
  /** In a message of a queue: the event as JSON. */
  readonly body?: string
  /** In a message of a topic: the event as JSON. */
  readonly Sns?: { readonly Message: string }
}

/** An event that the sync function accepts. Any other, such as `s3:TestEvent`, contains no change. */
export interface SyncEvent {
  readonly Records?: readonly S3Record[]
  readonly "detail-type"?: string
  /** In a message of a topic that reached a queue: the event as JSON. */
  readonly Message?: string
  readonly detail?: { readonly bucket?: { readonly name: string }; readonly object?: { readonly key: string } }
}

/** Events that create or remove an object. Others, about tags, access and replication, do not change its bytes. */
const CHANGES = /^(?:s3:)?(?:ObjectCreated|ObjectRemoved|LifecycleExpiration):/
const EVENTBRIDGE_CHANGES = new Set(["Object Created", "Object Deleted"])

/** An encoded key has no other characters. */
const ENCODED = /^[\x21-\x7e]*$/

/** Decodes a key that is encoded like a form. A malformed one is returned unchanged. */
export const decodeForm = (key: string): string => {
  try {
    return decodeURIComponent(key.replaceAll("+", " "))
  } catch {
    return key
  }
}

/** The keys that a notification can mean. One too many does no harm: its renditions are rendered again when requested. */
const keysIn = (eventName: string, key: string): readonly string[] => {
  if (!ENCODED.test(key)) return [key]
  const decoded = decodeForm(key)
  return eventName.startsWith("s3:") && decoded !== key ? [decoded, key] : [decoded]
}

const parse = (text: string): SyncEvent => {
  try {
    return (JSON.parse(text) as SyncEvent | null) ?? {}
  } catch {
    return {}
  }
}

const fromRecord = ({ eventName = "", s3, body, Sns }: S3Record): readonly ObjectChange[] => {
  const inner = body ?? Sns?.Message
  if (inner !== undefined) return changesIn(parse(inner))
  if (!s3 || !CHANGES.test(eventName)) return []
  return keysIn(eventName, s3.object.key).map((key) => ({ bucket: s3.bucket.name, key }))
}

/** Every change that an event contains. */
export const changesIn = (event: SyncEvent): readonly ObjectChange[] => {
  const { Records = [], detail, Message } = event
  if (Message !== undefined) return changesIn(parse(Message))
  if (detail?.bucket && detail.object && EVENTBRIDGE_CHANGES.has(event["detail-type"] ?? ""))
    return [{ bucket: detail.bucket.name, key: detail.object.key }]
  return Records.flatMap(fromRecord)
}

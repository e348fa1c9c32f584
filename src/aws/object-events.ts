/**
 * What S3 tells of objects, by itself, through EventBridge, or through a queue or a topic: which key of which bucket changed.
 *
 * A notification has its key encoded as in a form ("object key name is URL encoded", a plus for a space; S3 User Guide, "Event message
 * structure"); EventBridge has it as it is. AWS writes `ObjectCreated:Put`, other servers `s3:ObjectCreated:Put`, and of those some
 * encode the key (MinIO) and some do not (versitygw).
 */

/** An object that was written or removed. */
export interface ObjectChange {
  readonly bucket: string
  readonly key: string
}

interface S3Record {
  readonly eventName?: string
  readonly s3?: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } }
  /** Of a queue: the notification as text. */
  readonly body?: string
  /** Of a topic, likewise. */
  readonly Sns?: { readonly Message: string }
}

/** What a function that keeps renditions in step is called with. Anything else, `s3:TestEvent` among it, tells of no change. */
export interface SyncEvent {
  readonly Records?: readonly S3Record[]
  readonly "detail-type"?: string
  /** Of a topic that a queue listens to, the notification as text. */
  readonly Message?: string
  readonly detail?: { readonly bucket?: { readonly name: string }; readonly object?: { readonly key: string } }
}

/** What makes or removes an object; tags, access lists and copies to elsewhere leave its bytes alone. */
const CHANGES = /^(?:s3:)?(?:ObjectCreated|ObjectRemoved|LifecycleExpiration):/
const BRIDGED = new Set(["Object Created", "Object Deleted"])

/** Encoded, nothing else is left. */
const ENCODED = /^[\x21-\x7e]*$/

/** A key that was encoded as in a form; one that is malformed is taken as it is. */
export const decodeForm = (key: string): string => {
  try {
    return decodeURIComponent(key.replaceAll("+", " "))
  } catch {
    return key
  }
}

/** Which keys a notification may mean. One too many is no harm: its renditions are made again when they are asked for. */
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

/** Every change that an event tells of. */
export const changesIn = (event: SyncEvent): readonly ObjectChange[] => {
  const { Records = [], detail, Message } = event
  if (Message !== undefined) return changesIn(parse(Message))
  if (detail?.bucket && detail.object && BRIDGED.has(event["detail-type"] ?? ""))
    return [{ bucket: detail.bucket.name, key: detail.object.key }]
  return Records.flatMap(fromRecord)
}

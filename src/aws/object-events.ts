/**
 * What S3 tells of objects, by itself, through EventBridge, or through a queue or a topic: which key of which bucket changed.
 *
 * A notification has its key encoded as in a form ("object key name is URL encoded", a plus for a space; S3 User Guide, "Event message
 * structure"); EventBridge has it as it is. AWS writes `ObjectCreated:Put`, other servers `s3:ObjectCreated:Put`.
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
  readonly detail?: { readonly bucket?: { readonly name: string }; readonly object?: { readonly key: string } }
}

/** What makes or removes an object; tags, access lists and copies to elsewhere leave its bytes alone. */
const CHANGES = /^(?:s3:)?(?:ObjectCreated|ObjectRemoved|LifecycleExpiration):/
const BRIDGED = new Set(["Object Created", "Object Deleted"])

const decodeForm = (key: string): string => {
  try {
    return decodeURIComponent(key.replaceAll("+", " "))
  } catch {
    // Not encoded after all: some servers leave it as it is.
    return key
  }
}

const parse = (text: string): SyncEvent => {
  try {
    return JSON.parse(text) as SyncEvent
  } catch {
    return {}
  }
}

const fromRecord = ({ eventName = "", s3, body, Sns }: S3Record): readonly ObjectChange[] => {
  const inner = body ?? Sns?.Message
  if (inner !== undefined) return changesIn(parse(inner))
  return s3 && CHANGES.test(eventName) ? [{ bucket: s3.bucket.name, key: decodeForm(s3.object.key) }] : []
}

/** Every change that an event tells of. */
export const changesIn = (event: SyncEvent): readonly ObjectChange[] => {
  const { Records = [], detail } = event
  if (detail?.bucket && detail.object && BRIDGED.has(event["detail-type"] ?? ""))
    return [{ bucket: detail.bucket.name, key: detail.object.key }]
  return Records.flatMap(fromRecord)
}

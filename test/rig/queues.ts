/**
 * Responsible for the way of S3's events to the function that deletes: EventBridge and two queues, as the stack has them. Each delivers an
 * event at least once and in any order: here every event comes late and twice.
 */
import { text } from "node:stream/consumers"
import { setTimeout as wait } from "node:timers/promises"

import { ORIGINALS } from "./buckets.ts"
import type { Emulator } from "./emulator.ts"
import type { Listener } from "./processes.ts"

/** The result of a call of the function that deletes. */
export interface SyncCall {
  readonly originals?: readonly string[]
  readonly deleted?: number
  readonly errorMessage?: string
}

/** The queues of a rig. */
export interface Queues {
  /** Receives the events of the S3 server. */
  readonly listener: Listener
  /** Starts the delivery. Earlier events are dropped. */
  readonly open: (sync: Emulator) => void
  /** Results of the calls since the last time. */
  readonly take: () => readonly SyncCall[]
}

/** Options of the queues. */
export interface QueueOptions {
  /** The longest delay of the first pass. */
  readonly delayMs: number
  readonly secondPassMs: number
}

interface Notification {
  readonly Records?: readonly {
    readonly eventName: string
    readonly s3: { readonly bucket: { readonly name: string }; readonly object: { readonly key: string } }
  }[]
}

/** The events of EventBridge that match the rule of the stack, for a notification of versitygw, which does not encode keys. */
const toEventBridge = ({ Records = [] }: Notification): readonly object[] =>
  Records.filter(({ s3 }) => s3.bucket.name === ORIGINALS).map(({ eventName, s3: { bucket, object } }) => ({
    source: "aws.s3",
    "detail-type": eventName.includes("ObjectCreated") ? "Object Created" : "Object Deleted",
    detail: { bucket: { name: bucket.name }, object: { key: object.key } },
  }))

/** A call of Lambda with messages of a queue. */
const toMessages = (events: readonly object[]): object => ({
  Records: events.map((event) => ({ messageId: "m", body: JSON.stringify(event) })),
})

/** Creates the queues. */
export const createQueues = ({ delayMs, secondPassMs }: QueueOptions): Queues => {
  let results: SyncCall[] = []
  let sync: Emulator | undefined
  let last: Promise<unknown> = Promise.resolve()
  const deliver = (event: object): void => {
    last = last
      .then(() => sync?.invoke(toMessages([event, event])))
      .then((output) => void (output && results.push(JSON.parse(output.toString()) as SyncCall)))
      // The rig was stopped.
      .catch(() => {})
  }
  const listener: Listener = async (request, response) => {
    const events = toEventBridge(JSON.parse(await text(request)) as Notification)
    response.end()
    if (!sync) return
    for (const event of events)
      for (const ms of [Math.random() * delayMs, secondPassMs])
        void wait(ms, undefined, { ref: false }).then(() => deliver(event))
  }
  const take = (): readonly SyncCall[] => {
    const taken = results
    results = []
    return taken
  }
  return { listener, open: (emulator) => void (sync = emulator), take }
}

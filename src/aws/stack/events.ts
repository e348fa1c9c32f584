/**
 * Responsible for the way from a changed original to the function that deletes its renditions: S3 sends an event to EventBridge, which puts
 * it into two queues. The second one delays it until the longest render that may have read the old original has ended. Pure.
 */
import type { S3Place } from "../../store/s3/place.ts"
import { attribute, PARAMETER, ref, type Resource, type Resources } from "./cloudformation.ts"
import { SECONDS } from "./lambda.ts"
import type { Statement } from "./policies.ts"
import { customResource } from "./setup.ts"

const DEAD_LETTER_SECONDS = 14 * 86_400
/** Between the end of a render and the second pass. */
const MARGIN_SECONDS = 15
const MAX_RECEIVES = 5

const queue = (properties: object): Resource => ({
  Type: "AWS::SQS::Queue",
  Properties: { SqsManagedSseEnabled: true, ...properties },
})

/** @param delaySeconds at most 900, the limit of SQS */
const passQueue = (delaySeconds: number): Resource =>
  queue({
    DelaySeconds: delaySeconds,
    // Six times the time-out of the function (Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping").
    VisibilityTimeout: 6 * SECONDS.sync,
    RedrivePolicy: { deadLetterTargetArn: attribute("DeadLetters"), maxReceiveCount: MAX_RECEIVES },
  })

const queuePolicy = (id: string): Resource => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: [ref(id)],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "EventBridgeSends",
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: attribute(id),
          Condition: { ArnEquals: { "aws:SourceArn": attribute("Changes") } },
        },
      ],
    },
  },
})

const target = (id: string, name: string): object => ({
  Id: id,
  Arn: attribute(name),
  DeadLetterConfig: { Arn: attribute("DeadLetters") },
})

/** The names of events are those of EventBridge (Amazon S3 User Guide, "Using EventBridge"), which does not encode keys. */
const changes = ({ prefix }: S3Place): Resource => ({
  Type: "AWS::Events::Rule",
  Properties: {
    EventPattern: {
      source: ["aws.s3"],
      "detail-type": ["Object Created", "Object Deleted"],
      detail: { bucket: { name: [ref(PARAMETER.originals)] }, ...(prefix && { object: { key: [{ prefix }] } }) },
    },
    Targets: [target("first-pass", "FirstPass"), target("second-pass", "SecondPass")],
  },
})

/** @param hasBatch whether there are renders as long as those of a batch */
export const events = (place: S3Place, hasBatch: boolean): Resources => ({
  DeadLetters: queue({ MessageRetentionPeriod: DEAD_LETTER_SECONDS }),
  DeadLettersPolicy: queuePolicy("DeadLetters"),
  FirstPass: passQueue(0),
  FirstPassPolicy: queuePolicy("FirstPass"),
  SecondPass: passQueue((hasBatch ? SECONDS.batch : SECONDS.renderer) + MARGIN_SECONDS),
  SecondPassPolicy: queuePolicy("SecondPass"),
  Changes: changes(place),
})

/** Turns EventBridge on for the bucket of originals, in addition to the notifications that it has. It stays on when the stack is deleted. */
export const eventsSwitch: Resource = customResource({ Task: "events", Bucket: ref(PARAMETER.originals) })

/** Permissions for {@link eventsSwitch}. */
export const eventsStatement: Statement = {
  Sid: "AddToNotifications",
  Effect: "Allow",
  Action: ["s3:GetBucketNotification", "s3:PutBucketNotification"],
  Resource: [`arn:\${AWS::Partition}:s3:::\${${PARAMETER.originals}}`],
}

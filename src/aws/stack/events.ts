/**
 * How a changed original reaches the function that deletes: at once, and again when the longest render that may have read it before has
 * ended, since a renderer may not delete what it has just stored. What fails for good is kept in a queue. PURE.
 */
import type { S3Place } from "../../store/s3/place.ts"
import { attribute, ORIGINALS_BUCKET, ref, type Resource, type Resources, roleFor } from "./cloudformation.ts"
import { lambda, log, logStatement, SECONDS } from "./functions.ts"

const DEAD_LETTER_SECONDS = 14 * 86_400
/** Between a render's last moment and the second pass. */
const MARGIN_SECONDS = 15

/** @param longest render, in seconds; SQS can delay by 900 */
const secondPass = (longest: number): Resource => ({
  Type: "AWS::SQS::Queue",
  Properties: {
    DelaySeconds: longest + MARGIN_SECONDS,
    // Six times the function's, says the Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping".
    VisibilityTimeout: 6 * SECONDS.sync,
    RedrivePolicy: { deadLetterTargetArn: attribute("DeadLetters"), maxReceiveCount: 5 },
  },
})

const queuePolicy = (queue: string): Resource => ({
  Type: "AWS::SQS::QueuePolicy",
  Properties: {
    Queues: [ref(queue)],
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: attribute(queue),
          Condition: { ArnEquals: { "aws:SourceArn": attribute("Changes") } },
        },
      ],
    },
  },
})

/** Amazon S3 User Guide, "Using EventBridge": its names for what happened; keys as they are. */
const changes = ({ prefix }: S3Place): Resource => ({
  Type: "AWS::Events::Rule",
  Properties: {
    EventPattern: {
      source: ["aws.s3"],
      "detail-type": ["Object Created", "Object Deleted"],
      detail: { bucket: { name: [ref(ORIGINALS_BUCKET)] }, ...(prefix && { object: { key: [{ prefix }] } }) },
    },
    Targets: [
      { Id: "at-once", Arn: attribute("Sync"), DeadLetterConfig: { Arn: attribute("DeadLetters") } },
      { Id: "again", Arn: attribute("SecondPass"), DeadLetterConfig: { Arn: attribute("DeadLetters") } },
    ],
  },
})

/** @param hasBatch whether there are renders as long as those of a batch */
export const events = (place: S3Place, hasBatch: boolean): Resources => ({
  DeadLetters: { Type: "AWS::SQS::Queue", Properties: { MessageRetentionPeriod: DEAD_LETTER_SECONDS } },
  DeadLettersPolicy: queuePolicy("DeadLetters"),
  SecondPass: secondPass(hasBatch ? SECONDS.batch : SECONDS.renderer),
  SecondPassPolicy: queuePolicy("SecondPass"),
  Changes: changes(place),
  SecondPassCallsSync: {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: attribute("SecondPass"),
      FunctionName: ref("Sync"),
      BatchSize: 10,
    },
  },
})

/**
 * A bucket's notifications are replaced as a whole, so what is there is read and written back with EventBridge added. Does nothing where it
 * is on, and leaves it on when the stack goes: others may have come to need it.
 */
const SWITCH_SOURCE = `const { S3Client, GetBucketNotificationConfigurationCommand, PutBucketNotificationConfigurationCommand } = require("@aws-sdk/client-s3")

const turnOn = async (Bucket) => {
  const s3 = new S3Client({})
  const { $metadata, EventBridgeConfiguration, ...others } = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
  if (EventBridgeConfiguration) return
  const NotificationConfiguration = { ...others, EventBridgeConfiguration: {} }
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration, SkipDestinationValidation: true }))
}

exports.handler = async ({ RequestType, ResourceProperties: { Bucket }, ResponseURL, StackId, RequestId, LogicalResourceId }) => {
  const answer = { Status: "SUCCESS", PhysicalResourceId: "events-of-" + Bucket, StackId, RequestId, LogicalResourceId }
  try {
    if (RequestType !== "Delete") await turnOn(Bucket)
  } catch (error) {
    Object.assign(answer, { Status: "FAILED", Reason: String(error) })
  }
  // As bytes, since the address is signed for a body without a type.
  await fetch(ResponseURL, { method: "PUT", body: Buffer.from(JSON.stringify(answer)) })
}
`

/** Turns EventBridge on for the bucket of originals, which no template can do for a bucket that is not its own. */
export const eventsSwitch = (): Resources => ({
  SwitchLog: log,
  SwitchRole: roleFor("lambda.amazonaws.com", [
    {
      Sid: "AddToNotifications",
      Effect: "Allow",
      Action: ["s3:GetBucketNotification", "s3:PutBucketNotification"],
      Resource: [`arn:\${AWS::Partition}:s3:::\${${ORIGINALS_BUCKET}}`],
    },
    logStatement("SwitchLog"),
  ]),
  Switch: lambda("index.handler", "Switch", { Code: { ZipFile: SWITCH_SOURCE }, Timeout: 30 }),
  EventsOfOriginals: {
    Type: "AWS::CloudFormation::CustomResource",
    Properties: { ServiceToken: attribute("Switch"), ServiceTimeout: 60, Bucket: ref(ORIGINALS_BUCKET) },
  },
})

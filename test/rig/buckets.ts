/** Responsible for the buckets of the direct rig in versitygw, with the permissions of the stack's roles, and S3's answers for missing objects. */
import { type Listed, rendererStatements, syncStatements } from "../../src/aws/stack/policies.ts"
import { environment } from "../../src/config/load.ts"
import { resolveConfig } from "../../src/config/resolve.ts"
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import type { Identity, S3Server } from "../support/versitygw.ts"
import { uploadFolder } from "./originals.ts"
import type { Parts } from "./processes.ts"

/** Name of the bucket of originals. */
export const ORIGINALS = "originals"
/** Name of the bucket of renditions. */
export const RENDITIONS = "renditions"

const ARN = "arn:aws:s3:::"

/** The response of S3 to clients that may not list. */
const HIDING = { kind: "forbidden instead of missing" } as const

/** The functions' roles, and CloudFront's signature. */
export interface Users {
  readonly renderer: Identity
  readonly sync: Identity
  readonly cloudFront: Identity
}

const listedOf = (sizes: readonly string[]): Listed =>
  resolveConfig(
    { originals: `s3://${ORIGINALS}`, renditions: `s3://${RENDITIONS}`, sizes },
    { ...environment(), region: "us-east-1" },
  ).grammar

/** Statements of a role, as those of a bucket policy. */
const grant = (user: string, bucket: string, statements: readonly object[]): readonly object[] =>
  statements
    .filter((statement) => JSON.stringify(statement).includes(`${ARN}${bucket}/`))
    .map((statement, index) => Object.assign({ Principal: { AWS: user } }, statement, { Sid: `${user}${index}` }))

/** Creates both buckets and the users, and uploads the originals. */
export const createBuckets = async (s3: S3Server, originals: string, sizes: readonly string[]): Promise<Users> => {
  for (const bucket of [ORIGINALS, RENDITIONS]) await s3.createBucket(bucket)
  const [renderer, sync, cloudFront] = [
    await s3.createUser("renderer"),
    await s3.createUser("sync"),
    await s3.createUser("cloudfront"),
  ]
  const listed = listedOf(sizes)
  const [from, to] = [`${ARN}${ORIGINALS}/`, `${ARN}${RENDITIONS}/`]
  const rendering = rendererStatements(from, to, listed)
  const reading = { Effect: "Allow", Action: ["s3:GetObject"], Resource: [`${to}*`] }
  await s3.setPolicy(ORIGINALS, grant("renderer", ORIGINALS, rendering))
  await s3.setPolicy(RENDITIONS, [
    ...grant("renderer", RENDITIONS, rendering),
    ...grant("sync", RENDITIONS, syncStatements(to, listed)),
    ...grant("cloudfront", RENDITIONS, [reading]),
  ])
  await uploadFolder(originals, (key, body, type) => s3.putObject(ORIGINALS, key, body, type))
  return { renderer, sync, cloudFront }
}

/** A proxy that answers as S3 does to clients that may not list: a missing object is forbidden. Tests let it fail in other ways. */
export const hideMissing = async ({ use }: Parts, s3: S3Server): Promise<FaultyS3> => {
  const starting = startFaultyS3(s3.endpoint)
  await use(starting.then(({ close }) => ({ stop: close })))
  const faulty = await starting
  faulty.fail(HIDING)
  return faulty
}

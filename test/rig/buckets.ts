/** The shop's bucket and the one of renditions, in versitygw: who may do what, and S3's way of not telling what is missing. */
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts"
import type { Identity, S3Server } from "../support/versitygw.ts"
import { uploadFolder } from "./originals.ts"
import type { Parts } from "./processes.ts"

export const ORIGINALS = "originals"
export const RENDITIONS = "renditions"

/** As S3 answers those who may not list. */
const HIDING = { kind: "forbidden instead of missing" } as const

const allow = (who: string, actions: readonly string[], resources: readonly string[]): object => ({
  Effect: "Allow",
  Principal: who === "*" ? "*" : { AWS: who },
  Action: actions.map((action) => `s3:${action}`),
  Resource: resources.map((resource) => `arn:aws:s3:::${resource}`),
})

export interface Users {
  readonly renderer: Identity
  readonly sync: Identity
}

/** Both buckets, filled, and who may do what with them: everybody may read renditions, for want of origin access control. */
export const furnish = async (s3: S3Server, originals: string, sizes: readonly string[]): Promise<Users> => {
  for (const bucket of [ORIGINALS, RENDITIONS]) await s3.createBucket(bucket)
  const users = { renderer: await s3.createUser("renderer"), sync: await s3.createUser("sync") }
  const listed = [...sizes, "info"].flatMap((size) => [`${RENDITIONS}/${size}/*`, `${RENDITIONS}/*/${size}/*`])
  await s3.setPolicy(ORIGINALS, [allow("renderer", ["GetObject"], [`${ORIGINALS}/*`])])
  await s3.setPolicy(RENDITIONS, [
    allow("*", ["GetObject"], [`${RENDITIONS}/*`]),
    allow("renderer", ["PutObject"], listed),
    allow("sync", ["DeleteObject"], listed),
  ])
  await uploadFolder(originals, (key, body, type) => s3.putObject(ORIGINALS, key, body, type))
  return users
}

/** S3 as those see it who may not list: what is missing is forbidden. */
export const hide = async ({ use }: Parts, s3: S3Server): Promise<FaultyS3> => {
  const front = startFaultyS3(s3.endpoint)
  await use(front.then(({ close }) => ({ stop: close })))
  const faulty = await front
  faulty.fail(HIDING)
  return faulty
}

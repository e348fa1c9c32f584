/** Responsible for finding the AWS region of this process. */

/** The region in the environment: `AWS_REGION`, else `AWS_DEFAULT_REGION`; undefined if neither is set. */
export const findRegion = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env["AWS_REGION"] || env["AWS_DEFAULT_REGION"] || undefined

/** Responsible for the public entry `imgtailor/stores/s3`: originals and renditions in S3, or in a server with its API. */
export { cacheTagOf } from "../cache-tag.ts"
export type { Retries } from "../../retry.ts"
export type { S3Credentials } from "./credential-types.ts"
export type { S3Options, S3Timeouts } from "./options.ts"
export { s3Originals } from "./originals.ts"
export { s3Renditions, type S3RenditionsOptions } from "./renditions.ts"

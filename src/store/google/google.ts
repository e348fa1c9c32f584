/** Responsible for the public entry `imgtailor/stores/google`: originals and renditions in Google Cloud Storage. */
export type { Retries } from "../../retry.ts"
export type { Timeouts } from "../bounded-call.ts"
export type { GoogleOptions } from "./options.ts"
export { googleOriginals } from "./originals.ts"
export { googleRenditions, type GoogleRenditionsOptions } from "./renditions.ts"

/** Responsible for the public entry `imgtailor/stores/http`: originals on a server of HTTP. */
export type { Retries } from "../../retry.ts"
export type { Timeouts } from "../bounded-call.ts"
export type { HttpOriginalsOptions } from "./options.ts"
export { httpOriginals } from "./originals.ts"

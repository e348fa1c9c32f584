/** Responsible for the public entry `imgtailor/stores/azure`: originals and renditions in Azure Blob Storage. */
export type { Retries } from "../../retry.ts"
export type { Timeouts } from "../bounded-call.ts"
export type { AzureCredential, AzureOptions } from "./options.ts"
export { azureOriginals } from "./originals.ts"
export { azureRenditions, type AzureRenditionsOptions } from "./renditions.ts"

/**
 * What a store has to do, as cases that can be run against any store in any test runner: a store of your own that passes them works
 * with imgtailor. The public entry `imgtailor/testing`.
 *
 * Every case uses keys of its own, so one store may be given to all of them, and removes what it stored.
 */
export { originalsContract, type OriginalsCase, type OriginalsUnderTest } from "./originals-contract.ts"
export type { RenditionsCase } from "./renditions-checks.ts"
export { renditionsContract } from "./renditions-contract.ts"

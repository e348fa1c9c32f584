/**
 * Responsible for the public entry `imgtailor/testing`: the contract of stores, as cases for any test runner. A custom store that passes
 * them works with imgtailor.
 *
 * Every case uses its own keys and removes them afterwards, so all cases can run against one store.
 * @example
 * import { renditionsContract } from "imgtailor/testing"
 * import { it } from "vitest"
 *
 * it.each(renditionsContract)("$name", ({ run }) => run(myRenditions()))
 */
export { originalsContract, type OriginalsCase, type OriginalsUnderTest } from "./originals-contract.ts"
export type { RenditionsCase } from "./renditions-checks.ts"
export { renditionsContract } from "./renditions-contract.ts"

/** Tests of checkStores: permanent problems end the command, others are reported. */
import { describe, expect, it } from "vitest"

import { memoryOriginals, memoryRenditions } from "../store/memory.ts"
import type { StoreProblem } from "../store/store.ts"
import { checkStores } from "./check-stores.ts"

type Check = () => Promise<StoreProblem | undefined>

const storesWith = (originals: Check, renditions: Check = async () => undefined) => ({
  originals: { ...memoryOriginals(), check: originals },
  renditions: { ...memoryRenditions(), check: renditions },
})

const permanent: Check = async () => ({ message: "Closed.", isPermanent: true })
const transient: Check = async () => ({ message: "Busy.", isPermanent: false })
const hanging: Check = () => new Promise(() => {})

describe("checkStores", () => {
  it("checkStores reports nothing for stores that work, and for stores without a check", async () => {
    expect(await checkStores(storesWith(async () => undefined))).toEqual([])
    expect(await checkStores({ originals: memoryOriginals(), renditions: memoryRenditions() })).toEqual([])
  })

  it("checkStores returns problems that may pass, of both stores", async () => {
    expect(await checkStores(storesWith(transient, transient))).toEqual(["originals: Busy.", "renditions: Busy."])
  })

  it("checkStores throws permanent problems", async () => {
    await expect(checkStores(storesWith(permanent, transient))).rejects.toMatchObject({
      code: "store-unavailable",
      message: "originals: Closed.",
    })
    await expect(checkStores(storesWith(permanent, permanent))).rejects.toThrow(
      "originals: Closed.\nrenditions: Closed.",
    )
  })

  it("checkStores treats a store that does not answer in time as a problem that may pass", async () => {
    expect(await checkStores(storesWith(hanging), 20)).toEqual(["originals: the store did not answer within 0.02 s."])
    await expect(checkStores(storesWith(hanging, permanent), 20)).rejects.toThrow("renditions: Closed.")
  })

  it("checkStores passes on errors of a check", async () => {
    const failing: Check = () => Promise.reject(new Error("a bug"))
    await expect(checkStores(storesWith(failing))).rejects.toThrow("a bug")
  })
})

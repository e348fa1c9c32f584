/** Focal points in the stats of originals, also of those that are looked at in one turn. */
import { expect, it } from "vitest"

import { focalOriginals } from "./focal-originals.ts"
import { memoryOriginals } from "./memory.ts"

const POINT = [0.2, 0.8] as const

const open = (find: Parameters<typeof focalOriginals>[1]): ReturnType<typeof focalOriginals> => {
  const store = memoryOriginals()
  store.set("a.jpg", Buffer.from("a"))
  return focalOriginals(store, find)
}

it("head, headSync and get return the focal point of an original", async () => {
  const originals = open((key) => (key === "a.jpg" ? POINT : undefined))
  expect((await originals.head("a.jpg"))?.focalPoint).toBe(POINT)
  expect(originals.headSync?.("a.jpg")?.focalPoint).toBe(POINT)
  expect((await originals.get("a.jpg"))?.stat.focalPoint).toBe(POINT)
  expect(originals.headSync?.("b.jpg")).toBeUndefined()
})

it("headSync returns the plain stat where there is no point, and leaves a point that comes later to head", async () => {
  expect(open(() => undefined).headSync?.("a.jpg")).toMatchObject({ byteLength: 1 })
  const later = open(async () => POINT)
  expect(later.headSync?.("a.jpg")).toBeUndefined()
  expect((await later.head("a.jpg"))?.focalPoint).toBe(POINT)
})

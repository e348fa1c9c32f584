import { setTimeout as sleep } from "node:timers/promises"

import sharp from "sharp"
import { expect, it } from "vitest"

import { LIMITS, SETTINGS, sizeOf } from "../../test/image/support.ts"
import { imageRecipe } from "../sizes/recipe.ts"
import { createInProcessEngine } from "./in-process.ts"

const JOB = { estimateBytes: 0, fromPixels: false }

const open = async () => {
  const background = { r: 20, g: 90, b: 160 }
  const bytes = await sharp({ create: { width: 900, height: 600, channels: 3, background } })
    .png()
    .toBuffer()
  let released = 0
  const original = await createInProcessEngine(LIMITS).open(bytes, { release: () => void (released += 1) })
  return { original, released: () => released }
}

const RECIPE = imageRecipe(sizeOf("120w"), undefined, SETTINGS)

it("the bytes of an original are given back once, when it is closed", async () => {
  const { original, released } = await open()
  await original.render(RECIPE, JOB)
  await original.digest()
  expect(released()).toBe(0)
  original.close()
  original.close()
  expect(released()).toBe(1)
})

it("the bytes of an original that is closed during a render are given back after the render", async () => {
  const { original, released } = await open()
  const rendering = original.render(RECIPE, JOB)
  original.close()
  await sleep(0)
  expect(released()).toBe(0)
  expect((await rendering).width).toBe(120)
  expect(released()).toBe(1)
})

it("a closed original is not read again", async () => {
  const { original } = await open()
  original.close()
  await expect(original.digest()).rejects.toThrow("closed")
  await expect(original.render(RECIPE, JOB)).rejects.toThrow("closed")
})

/** Responsible for transformations that are applied one after the other: combines them into one step. */
import type { Combined } from "./combine.ts"
import type { Part } from "./service.ts"

type Sides = Pick<Part, "width" | "height">

/** The sides after a second step with at most one side, which scales the result of the first. */
const scaled = (first: Sides, second: Sides): Sides => {
  const { width: w, height: h } = first
  if (second.width !== undefined && second.height !== undefined) return second
  if (second.width !== undefined) return { ...second, ...(w && h && { height: Math.round((h * second.width) / w) }) }
  if (second.height !== undefined) return { ...second, ...(w && h && { width: Math.round((w * second.height) / h) }) }
  return first
}

const both = (first: Part, second: Part): Part => {
  const hasSides = second.width !== undefined || second.height !== undefined || second.ratio !== undefined
  const { width: _w, height: _h, ratio: _r, ...rest } = first
  const base: Part = hasSides && second.ratio !== undefined ? rest : first
  const sides = second.ratio === undefined ? scaled(first, second) : {}
  return { ...base, ...second, ...sides, look: { ...first.look, ...second.look } }
}

/** Combines steps. A later size replaces or scales that of an earlier step; effects are kept. */
export const chain = (steps: readonly Combined[]): Combined => {
  let part: Part = {}
  for (const step of steps) part = both(part, step.part)
  return { part, unsupported: steps.flatMap(({ unsupported }) => unsupported) }
}

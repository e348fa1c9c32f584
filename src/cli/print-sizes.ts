/** Responsible for the output of a suggested list: each size with the number of requests that it serves. */
import { formatSizeInput } from "../compat/choose-size.ts"
import type { ChosenSize } from "../migrate/demand.ts"
import { counted } from "../units.ts"
import { dim, print } from "./output.ts"

/** Prints a line for each size. */
export const printSizes = (sizes: readonly Pick<ChosenSize, "input" | "count">[]): void => {
  const rows = sizes.map(({ input, count }) => ({ text: formatSizeInput(input), count }))
  const length = Math.max(0, ...rows.map(({ text }) => text.length))
  for (const { text, count } of rows) print(`  ${text.padEnd(length)}  ${dim(counted(count, "request"))}`)
}

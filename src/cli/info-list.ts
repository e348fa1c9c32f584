/**
 * Responsible for `imgtailor info shop/`: the descriptions of all originals under a prefix, for clients that know their photos.
 *
 * Invariants:
 * - The order is that of the keys, so that the output of unchanged photos is unchanged.
 * - A bounded number of descriptions is held, for any number of originals.
 */
import type { OpenTailor } from "../create-tailor.ts"
import { describeError, isPermanent, TailorError } from "../errors.ts"
import type { Info } from "../sizes/info.ts"
import type { OriginalKey } from "../sizes/key.ts"
import { print, printMessage } from "./output.ts"
import { originalsUnder } from "./targets.ts"

interface Described {
  readonly original: OriginalKey
  readonly result: Info | TailorError
}

const describeOne = async (tailor: OpenTailor, original: OriginalKey): Promise<Described> => {
  try {
    return { original, result: await tailor.info(original) }
  } catch (error) {
    if (!(error instanceof TailorError)) throw error
    return { original, result: error }
  }
}

/** The descriptions in the order of the keys, a few at once. */
async function* describeEach(tailor: OpenTailor, keys: AsyncIterable<OriginalKey>): AsyncGenerator<Described> {
  const pending: Promise<Described>[] = []
  for await (const key of keys) {
    pending.push(describeOne(tailor, key))
    if (pending.length > tailor.config.limits.renders) yield (await pending.shift()) as Described
  }
  for (const described of pending) yield await described
}

const toLine = (original: string, { width, height, format }: Info): string =>
  `${original}  ${width}x${height}  ${format}`

/**
 * Prints the descriptions: a line for each, or one JSON object by key. An original that cannot be described is reported and left out.
 * @returns false if a description failed that may succeed later
 */
export const printInfos = async (tailor: OpenTailor, prefix: string, isJson: boolean): Promise<boolean> => {
  let count = 0
  let isComplete = true
  const onSkip = (message: string): void => {
    isComplete = false
    printMessage(message)
  }
  if (isJson) print("{")
  for await (const { original, result } of describeEach(tailor, originalsUnder(tailor, prefix, { onSkip }))) {
    if (result instanceof TailorError) {
      printMessage(`${original}: ${describeError(result)}`)
      isComplete &&= isPermanent(result)
    } else if (isJson)
      process.stdout.write(`${count++ ? ",\n" : ""}${JSON.stringify(original)}:${JSON.stringify(result)}`)
    else print(toLine(original, result))
  }
  if (isJson) print(count ? "\n}" : "}")
  return isComplete
}

/** Responsible for the answer at the root, where people look first: how URLs are formed, with an example that works. */
import { noImage, type TailorError } from "../errors.ts"
import { encodeKey, formatKey, type Grammar, type OriginalKey } from "../sizes/key.ts"
import { withoutQuery } from "./url-path.ts"

/** Finds an original for an example; undefined if there is none, or none was found in time. */
export type FindExample = () => Promise<OriginalKey | undefined>

/** Makes the error for a request to the root. */
export type RootError = () => Promise<TailorError>

/** How long a found example is used. */
const KEPT_MS = 60_000
/** A client waits this long for an example. */
const WAIT_MS = 1000

/** True for the root of the server, and for the base path with and without its slash. */
export const isRoot = (target: string, basePath: string): boolean => {
  const path = withoutQuery(target)
  return path === "/" || path === basePath || path === `${basePath}/`
}

/** Uses an example for a while: a client must not be able to have the originals listed with every request. */
const keepExample = (find: FindExample): FindExample => {
  let found: Promise<OriginalKey | undefined> | undefined
  let untilMs = 0
  return async () => {
    if (!found || performance.now() > untilMs) {
      untilMs = performance.now() + KEPT_MS
      found = find().catch(() => undefined)
    }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), WAIT_MS)
    })
    return Promise.race([found, late]).finally(() => clearTimeout(timer))
  }
}

/**
 * Creates the answer at the root.
 * @param findExample @default the example is made up
 */
export const createRootError = (
  { sizes }: Pick<Grammar, "sizes">,
  basePath: string,
  findExample: FindExample | undefined,
): RootError => {
  const find = findExample && keepExample(findExample)
  return async () => {
    const original = await find?.()
    const [size] = sizes
    const example = original && `${basePath}/${encodeKey(formatKey({ original, size, format: undefined }))}`
    return noImage({ basePath, example, sizes: sizes.map(({ name }) => name) })
  }
}

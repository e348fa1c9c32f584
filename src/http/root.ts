/** Responsible for the answer at the root, where people look first: how URLs are formed, with an example that works. */
import { noImage, type TailorError } from "../errors.ts"
import { keepFor } from "../keep-for.ts"
import { encodeKey, formatKey, type Grammar, type OriginalKey } from "../sizes/key.ts"
import { withoutQuery } from "./url-path.ts"

/** Finds an original for an example; undefined if there is none, or none was found in time. */
export type FindExample = () => Promise<OriginalKey | undefined>

/** Makes the error for a request to the root. */
export type RootError = () => Promise<TailorError>

/** A client must not be able to have the originals listed with every request, and does not wait long for an example. */
const EXAMPLE_TIMES = { keptMs: 60_000, waitMs: 1000 }

/** True for the root of the server, and for the base path with and without its slash. */
export const isRoot = (target: string, basePath: string): boolean => {
  const path = withoutQuery(target)
  return path === "/" || path === basePath || path === `${basePath}/`
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
  const find = findExample && keepFor(() => findExample().catch(() => undefined), EXAMPLE_TIMES)
  return async () => {
    const original = await find?.()
    const [size] = sizes
    const example = original && `${basePath}/${encodeKey(formatKey({ original, size, format: undefined }))}`
    return noImage({ basePath, example, sizes: sizes.map(({ name }) => name) })
  }
}

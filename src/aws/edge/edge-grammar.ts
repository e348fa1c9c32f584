/** What an installation's addresses mean, in few bytes: the edge's source has it in front. Written in Node, read where CloudFront is. */
import type { Grammar } from "../../sizes/key.ts"
import type { Size, SizeList } from "../../sizes/list.ts"
import { formatSize, parseSize } from "../../sizes/size.ts"

/** A grammar as JSON. */
export interface EdgeList extends Omit<Grammar, "sizes"> {
  /** `360x270`, or `thumb=120x120` for a size with a name. What decides pixels alone is left out. */
  readonly sizes: readonly string[]
  readonly basePath: string
}

const writeSize = (size: Size): string => {
  const text = formatSize(size)
  return size.name === text ? text : `${size.name}=${text}`
}

const readSize = (text: string): Size => {
  const at = text.indexOf("=")
  return { name: at < 0 ? text : text.slice(0, at), gravity: "center", quality: {}, ...parseSize(text.slice(at + 1)) }
}

/** The inverse of {@link readList}, as far as addresses go. */
export const writeList = ({ sizes, ...grammar }: Grammar, basePath: string): EdgeList => ({
  ...grammar,
  basePath,
  sizes: sizes.map(writeSize),
})

/** The grammar that a list stands for. */
export const readList = (list: EdgeList): Grammar => ({
  ...list,
  sizes: list.sizes.map(readSize) as unknown as SizeList,
})

/** Responsible for the keys that move in a grid. */

interface Grid {
  readonly count: number
  readonly columns: number
}

/**
 * The index that a key moves to; undefined for other keys, and where there is nothing in that direction.
 * @example
 * nextIndex("ArrowDown", 1, { count: 10, columns: 4 }) // 5
 */
export const nextIndex = (key: string, index: number, { count, columns }: Grid): number | undefined => {
  const targets: Readonly<Record<string, number>> = {
    ArrowRight: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index + columns,
    ArrowUp: index - columns,
    Home: 0,
    End: count - 1,
  }
  const target = Object.hasOwn(targets, key) ? targets[key] : undefined
  return target === undefined || target < 0 || target >= count ? undefined : target
}

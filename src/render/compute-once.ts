/** Responsible for values that take long to compute and may not be needed. */

/** @returns a function that computes a value at its first call */
export const computeOnce = <T>(compute: () => T): (() => T) => {
  let known: { readonly value: T } | undefined
  return () => (known ??= { value: compute() }).value
}

/** Responsible for throwing in an expression. */

/** For mistakes in the code of a page. @throws {TypeError} */
export const fail = (message: string): never => {
  throw new TypeError(message)
}

/** For an argument. @param expected a noun and an example @throws {TypeError} */
export const failOf = (expected: string, value: unknown): never =>
  fail(`Expected a ${expected}, got ${JSON.stringify(value)}.`)

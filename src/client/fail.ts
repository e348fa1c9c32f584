/** Responsible for throwing in an expression. */

/** For mistakes in the code of a page. @throws {TypeError} */
export const fail = (message: string): never => {
  throw new TypeError(message)
}

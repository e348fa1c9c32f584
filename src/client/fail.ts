/** Throwing in an expression: for what whoever writes a page got wrong. */

/** @throws {TypeError} */
export const fail = (message: string): never => {
  throw new TypeError(message)
}

/** Responsible for checking arguments, for plain JavaScript and variables of a build. Pages contain this code, so it is short. */
import { type OriginalKey, toOriginalKey } from "../sizes/key.ts"
import { failOf } from "./fail.ts"

/** A `baseUrl` without trailing slashes. @throws {TypeError} neither a URL nor a URL path, or with a query or fragment */
export const toBase = (baseUrl: string): string => {
  // oxlint-disable-next-line typescript/no-unnecessary-type-conversion -- in plain JavaScript it can be anything.
  const base = String(baseUrl).replace(/\/+$/, "")
  return /^((https?:)?\/[^\s?#]+)?$/.test(base) ? base : failOf("baseUrl like /img", baseUrl)
}

/** The key of an original. As part of a file name, the query of `a.jpg?v=3` would lead to a URL with 404. @throws {TypeError} not a key */
export const toKey = (original: string): OriginalKey =>
  (typeof original === "string" && !/^data:|\.\w{3,4}[?#]/.test(original) && toOriginalKey(original)) ||
  failOf("key like a/b.jpg", original)

/** Responsible for conditional requests, evaluated in the order of RFC 9110 §13.2.2. */

/** The values that conditions are compared with. */
export interface Validators {
  /** Quoted and strong. */
  readonly etag: string
  /** Whole seconds, in milliseconds since 1970. */
  readonly modifiedMs: number
}

type Header = (name: string) => string | undefined

/** The entity tags of a list, including their weakness (RFC 9110 §8.8.3). */
const parseTags = (list: string): readonly string[] => list.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []

const isWeak = (tag: string): boolean => tag.startsWith("W/")

const matchesStrongly = (list: string, etag: string): boolean =>
  list.trim() === "*" || parseTags(list).some((tag) => !isWeak(tag) && tag === etag)

const matchesWeakly = (list: string, etag: string): boolean =>
  list === etag || list.trim() === "*" || parseTags(list).some((tag) => (isWeak(tag) ? tag.slice(2) : tag) === etag)

const HTTP_DATE =
  /^(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/

/** An HTTP date in any of its three forms (RFC 9110 §5.6.7), in milliseconds. NaN for any other text, so that comparisons with it are false. */
const parseDate = (text: string): number =>
  HTTP_DATE.test(text) ? Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) : NaN

/** Evaluates the conditions of a GET or HEAD for a rendition that exists. */
export const evaluateConditions = (
  header: Header,
  { etag, modifiedMs }: Validators,
): "send" | "not-modified" | "failed" => {
  const ifMatch = header("if-match")
  const ifUnmodifiedSince = header("if-unmodified-since")
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, etag)) return "failed"
  } else if (ifUnmodifiedSince !== undefined && modifiedMs > parseDate(ifUnmodifiedSince)) return "failed"

  const ifNoneMatch = header("if-none-match")
  if (ifNoneMatch !== undefined) return matchesWeakly(ifNoneMatch, etag) ? "not-modified" : "send"
  const ifModifiedSince = header("if-modified-since")
  return ifModifiedSince !== undefined && modifiedMs <= parseDate(ifModifiedSince) ? "not-modified" : "send"
}

/** False where `If-Range` names another version, so that the whole rendition must be sent (RFC 9110 §13.1.5). A date must match exactly. */
export const isRangeCurrent = (header: Header, { etag, modifiedMs }: Validators): boolean => {
  const ifRange = header("if-range")
  if (ifRange === undefined) return true
  return ifRange.includes('"') ? ifRange.trim() === etag : parseDate(ifRange) === modifiedMs
}

/** Responsible for one change in the text of focal points. Entries of other photos are not changed, also those that are no points. */
import type { FocalPoint } from "../sizes/focal-point.ts"
import { isRecord } from "./draft-request.ts"

const parse = (text: string | undefined, place: string): Map<string, unknown> => {
  if (text === undefined) return new Map()
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new SyntaxError(`${place}: expected an object with a point for each key.`)
  return new Map(Object.entries(value))
}

/** One entry a line, so that a change of one photo is a change of one line. */
const format = (entries: ReadonlyMap<string, unknown>): string => {
  const lines = Array.from(entries, ([key, point]) => `  ${JSON.stringify(key)}: ${JSON.stringify(point)}`)
  return lines.length === 0 ? "{}\n" : `{\n${lines.join(",\n")}\n}\n`
}

const rounded = ([x, y]: FocalPoint): FocalPoint => [Math.round(x * 1e4) / 1e4, Math.round(y * 1e4) / 1e4]

/** A new point of one photo. */
export interface FocalChange {
  readonly key: string
  /** Rounded to four digits; null removes it. */
  readonly point: FocalPoint | null
}

/**
 * The text after a change.
 * @param text undefined for a file that does not exist
 * @param place for messages: a path or a URL
 * @throws {SyntaxError} the text is no JSON object
 */
export const changeFocalText = (text: string | undefined, place: string, { key, point }: FocalChange): string => {
  const entries = parse(text, place)
  if (point === null) entries.delete(key)
  else entries.set(key, rounded(point))
  return format(entries)
}

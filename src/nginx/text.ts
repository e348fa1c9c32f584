/** Responsible for the syntax of nginx: quoting, maps with aligned values, and regular expressions. */

/** A text as one value. It must not have variables that nginx should replace, unless they are meant. */
export const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`

/** A regular expression as one value; backslashes are not escaped. */
export const quotedRegex = (text: string): string => `"${text.replaceAll('"', '\\"')}"`

/** A text as a part of a regular expression. */
export const escapeRegex = (text: string): string =>
  text.replaceAll(/[$()*+.?[\\\]^{|}]/g, (character) => `\\${character}`)

/** A value without quotes if it needs none. */
export const value = (text: string): string => (/^[\w.$/-]+$/.test(text) ? text : quoted(text))

/** One line of a map: both sides are written as given. */
export type MapLine = readonly [key: string, value: string]

/** A map from the text of `source` to a variable. */
export const mapBlock = (source: string, variable: string, lines: readonly MapLine[]): string => {
  const width = Math.max(...lines.map(([key]) => key.length))
  const body = lines.map(([key, text]) => `    ${key.padEnd(width)}   ${text};\n`).join("")
  return `map ${source} ${variable} {\n${body}}\n`
}

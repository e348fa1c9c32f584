/** Responsible for texts in snippets: each is escaped for its language, since names of photos are hostile input. */

/** For an attribute value in double quotes, and for text. */
export const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

/** A string of JavaScript, and of Python. It cannot end a script element, and has no invisible marks of direction. */
export const jsText = (text: string): string =>
  JSON.stringify(text).replace(
    /[<\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )

/** A string of PHP or Ruby in single quotes, in which only these two characters have a meaning. */
export const singleQuoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`

/** Attributes of an HTML element. Undefined ones are left out. */
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

/** Attributes as HTML, each in double quotes. */
export const attributesHtml = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${escapeHtml(String(value))}"`)
    .join(" ")

/** An HTML element with attributes, without content. */
export const tag = (name: string, attributes: Attributes): string => `<${name} ${attributesHtml(attributes)}>`

/**
 * Responsible for the SVG files of overlays: features that a picture does not need are refused, so that a file from a designer or from the web
 * cannot load anything or run code, independent of the library that draws it.
 */
import { parseXml, XmlElement, XmlText } from "@rgrove/parse-xml"

const REFUSED_ELEMENTS: ReadonlySet<string> = new Set([
  "script",
  "foreignObject",
  "iframe",
  "audio",
  "video",
  "include",
])

/** A part of the same file, or data in it. */
const isInternal = (reference: string): boolean => /^\s*(?:#|data:image\/(?:png|jpe?g|gif|webp);)/i.test(reference)

const URL_REFERENCES = /url\(\s*["']?([^"')]*)/gi

const problemInStyle = (text: string): string | undefined => {
  if (/@import/i.test(text)) return "an @import"
  const external = Array.from(text.matchAll(URL_REFERENCES), ([, reference = ""]) => reference).find(
    (reference) => !isInternal(reference),
  )
  return external === undefined ? undefined : `a reference to ${external}`
}

const problemInAttribute = (name: string, value: string): string | undefined => {
  const local = name.slice(name.indexOf(":") + 1)
  if (/^on/i.test(local)) return `the event handler ${name}`
  if ((local === "href" || local === "src") && !isInternal(value)) return `a reference to ${value.slice(0, 80)}`
  return problemInStyle(value)
}

const problemInElement = ({ name, attributes, children }: XmlElement): string | undefined => {
  const local = name.slice(name.indexOf(":") + 1)
  if (REFUSED_ELEMENTS.has(local)) return `the element ${name}`
  for (const [attribute, value] of Object.entries(attributes)) {
    const problem = problemInAttribute(attribute, value)
    if (problem) return problem
  }
  for (const child of children) {
    const problem =
      child instanceof XmlElement
        ? problemInElement(child)
        : child instanceof XmlText && local === "style"
          ? problemInStyle(child.text)
          : undefined
    if (problem) return problem
  }
  return undefined
}

/** True for a file that begins as an SVG or another XML file. */
export const isXml = (bytes: Uint8Array): boolean => {
  const head = new TextDecoder().decode(bytes.subarray(0, 1000))
  return /^\uFEFF?\s*</.test(head)
}

/** Why an SVG file is refused: a phrase for a message. Undefined for one that only draws. */
export const problemInSvg = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder().decode(bytes)
  if (/<!(?:DOCTYPE|ENTITY)[^>]*\[/i.test(text)) return "a document type with its own entities"
  if (/<\?xml-stylesheet/i.test(text)) return "an external style sheet"
  try {
    const { root } = parseXml(text)
    if (root?.name.replace(/^.*:/, "") !== "svg") return "no SVG element"
    return problemInElement(root)
  } catch (error) {
    return `XML that is not well-formed: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`
  }
}

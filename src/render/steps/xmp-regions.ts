/**
 * Responsible for the regions that an XMP packet marks: faces and other subjects, as photo programs and phones write them.
 *
 * XMP comes from originals and may be hostile: its length is bounded, and entities are not expanded.
 *
 * Sources: Guidelines for Handling Image Metadata, Metadata Working Group, version 2.0 §5.9 (`mwg-rs`); People Tagging Overview,
 * Microsoft (`MPReg`). Prefixes are only a convention, so names are compared with their namespaces.
 */
import { parseXml, XmlElement, XmlText } from "@rgrove/parse-xml"

/** A marked region: its middle and sides as shares of the picture. */
export interface MarkedRegion {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** "Face", "Pet", "Focus", "BarCode", or another text. */
  readonly type: string
}

/** All regions of a packet. */
export interface MarkedRegions {
  readonly regions: readonly MarkedRegion[]
  /** Dimensions that the regions were marked in, if known. */
  readonly appliedTo: { readonly width: number; readonly height: number } | undefined
}

const MWG = "http://www.metadataworkinggroup.com/schemas/regions/"
const AREA = "http://ns.adobe.com/xmp/sType/Area#"
const DIMENSIONS = "http://ns.adobe.com/xap/1.0/sType/Dimensions#"
const MICROSOFT = "http://ns.microsoft.com/photo/1.2/t/Region#"
const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

/** Packets of photos have a few kilobytes. */
const MAX_PACKET_BYTES = 1_000_000
const MAX_REGIONS = 200
const MAX_DEPTH = 40

/** An element with the namespaces in scope. */
interface Node {
  readonly element: XmlElement
  readonly prefixes: Readonly<Record<string, string>>
}

const nameIn = (qualified: string, prefixes: Node["prefixes"]): string => {
  const colon = qualified.indexOf(":")
  return `${prefixes[qualified.slice(0, Math.max(0, colon))] ?? ""}${qualified.slice(colon + 1)}`
}

const nameOf = ({ element, prefixes }: Node): string => nameIn(element.name, prefixes)

const toNode = (element: XmlElement, outer: Node["prefixes"]): Node => {
  const declared = Object.entries(element.attributes).flatMap(([name, value]) =>
    name.startsWith("xmlns:") ? [[name.slice("xmlns:".length), value] as const] : [],
  )
  return { element, prefixes: declared.length > 0 ? { ...outer, ...Object.fromEntries(declared) } : outer }
}

const childrenOf = ({ element, prefixes }: Node): readonly Node[] =>
  element.children.flatMap((child) => (child instanceof XmlElement ? [toNode(child, prefixes)] : []))

const textOf = ({ element }: Node): string =>
  element.children.map((child) => (child instanceof XmlText ? child.text : "")).join("")

/** A property of a resource: an attribute, or a child with a text; of the resource itself or, if that counts, of the description in it. */
const property = (node: Node, name: string, isDeep = true): string | undefined => {
  for (const [attribute, value] of Object.entries(node.element.attributes))
    if (nameIn(attribute, node.prefixes) === name) return value
  for (const child of childrenOf(node)) {
    if (nameOf(child) === name) return textOf(child).trim()
    const inner = isDeep && nameOf(child) === `${RDF}Description` ? property(child, name) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}

const numberOf = (node: Node, name: string): number => Number.parseFloat(property(node, name) ?? "")

const areaOf = (node: Node, area: Node): MarkedRegion | undefined => {
  const [x, y, d] = [numberOf(area, `${AREA}x`), numberOf(area, `${AREA}y`), numberOf(area, `${AREA}d`)]
  const [w, h] = [numberOf(area, `${AREA}w`), numberOf(area, `${AREA}h`)]
  // A circle has a diameter, a point nothing.
  const width = Number.isFinite(w) ? w : Number.isFinite(d) ? d : 0
  const height = Number.isFinite(h) ? h : Number.isFinite(d) ? d : 0
  if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined
  return { x, y, width, height, type: property(node, `${MWG}Type`) ?? "" }
}

/** `left, top, width, height`, from the corner. Microsoft only marks people. */
const rectangleOf = (text: string): MarkedRegion | undefined => {
  const [left = NaN, top = NaN, width = NaN, height = NaN] = text.split(",").map((part) => Number.parseFloat(part))
  const sum = left + top + width + height
  return Number.isFinite(sum) ? { x: left + width / 2, y: top + height / 2, width, height, type: "Face" } : undefined
}

interface Found {
  readonly regions: MarkedRegion[]
  appliedTo: MarkedRegions["appliedTo"]
}

const visit = (node: Node, found: Found, depth: number): void => {
  if (depth > MAX_DEPTH || found.regions.length >= MAX_REGIONS) return
  const children = childrenOf(node)
  const area = children.find((child) => nameOf(child) === `${MWG}Area`)
  const rectangle = property(node, `${MICROSOFT}Rectangle`, false)
  const region = area ? areaOf(node, area) : rectangle === undefined ? undefined : rectangleOf(rectangle)
  if (region) found.regions.push(region)
  if (nameOf(node) === `${MWG}AppliedToDimensions`) {
    const [width, height] = [numberOf(node, `${DIMENSIONS}w`), numberOf(node, `${DIMENSIONS}h`)]
    if (width > 0 && height > 0) found.appliedTo = { width, height }
  }
  for (const child of children) visit(child, found, depth + 1)
}

/** The regions of a packet; none where it is too long or not well-formed. */
export const parseXmpRegions = (packet: Uint8Array): MarkedRegions => {
  const found: Found = { regions: [], appliedTo: undefined }
  if (packet.length > MAX_PACKET_BYTES) return found
  try {
    // The padding behind a packet may end in NULs.
    const { root } = parseXml(new TextDecoder().decode(packet).replace(/\0+$/, "").trim())
    if (root) visit(toNode(root, {}), found, 0)
  } catch {
    // A packet that is not well-formed marks nothing.
  }
  return found
}

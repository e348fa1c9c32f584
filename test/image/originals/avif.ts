/** AVIFs whose properties and references tests decide: boxes are added to one that the image library wrote (ISO/IEC 14496-12). */

interface Place {
  readonly at: number
  readonly end: number
}

/** Path of a box from the top, for example `meta/iprp/ipco`. */
const findBox = (bytes: Buffer, path: string): Place => {
  let [at, end] = [0, bytes.length]
  for (const [depth, type] of path.split("/").entries()) {
    let found: Place | undefined
    for (let place = at; place + 8 <= end && !found; place += bytes.readUInt32BE(place)) {
      if (bytes.toString("latin1", place + 4, place + 8) === type)
        found = { at: place, end: place + bytes.readUInt32BE(place) }
    }
    if (!found) throw new Error(`no ${path}`)
    if (depth === path.split("/").length - 1) return found
    // `meta` is a full box.
    at = found.at + (type === "meta" ? 12 : 8)
    end = found.end
  }
  throw new Error(`no ${path}`)
}

/** Inserts bytes at the end of a box, and enlarges it and its parents. */
const append = (bytes: Buffer, path: string, added: Buffer): Buffer => {
  const { end } = findBox(bytes, path)
  const copy = Buffer.concat([bytes.subarray(0, end), added, bytes.subarray(end)])
  const names = path.split("/")
  for (let depth = 1; depth <= names.length; depth++) {
    const { at } = findBox(bytes, names.slice(0, depth).join("/"))
    copy.writeUInt32BE(bytes.readUInt32BE(at) + added.length, at)
  }
  return copy
}

/** Moves the data of all items, since boxes before them have grown. Only for the layout that libheif writes: version 0 or 1, 4 + 4 bytes. */
const shiftItems = (bytes: Buffer, by: number): Buffer => {
  const { at } = findBox(bytes, "meta/iloc")
  const version = bytes[at + 8] ?? 0
  const sizes = bytes.readUInt16BE(at + 12)
  const [offsetBytes, lengthBytes, baseBytes] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15]
  const copy = Buffer.from(bytes)
  let place = at + 16
  for (let item = bytes.readUInt16BE(at + 14); item > 0; item--) {
    place += 2 + (version === 0 ? 0 : 2) + 2
    const base = baseBytes ? bytes.readUIntBE(place, baseBytes) : 0
    if (base > 0) copy.writeUIntBE(base + by, place, baseBytes)
    place += baseBytes
    for (let extent = bytes.readUInt16BE(place), first = place + 2; extent > 0; extent--) {
      const offset = offsetBytes ? bytes.readUIntBE(first, offsetBytes) : 0
      if (base === 0 && offsetBytes) copy.writeUIntBE(offset + by, first, offsetBytes)
      first += offsetBytes + lengthBytes
      place = first
    }
  }
  return copy
}

const box = (type: string, data: Buffer): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length + 8)
  head.write(type, 4, "latin1")
  return Buffer.concat([head, data])
}

/** Number of properties of the file. */
const countProperties = (bytes: Buffer): number => {
  const { at, end } = findBox(bytes, "meta/iprp/ipco")
  let count = 0
  for (let place = at + 8; place < end; place += bytes.readUInt32BE(place)) count += 1
  return count
}

/** Adds a property to the first item, whose associations have one byte each. */
const withProperty = (avif: Buffer, property: Buffer): Buffer => {
  const number = countProperties(avif) + 1
  const added = append(avif, "meta/iprp/ipco", property)
  const { at } = findBox(added, "meta/iprp/ipma")
  const entry = at + 16
  const count = added[entry + 2] ?? 0
  const place = entry + 3 + count
  const grown = Buffer.concat([added.subarray(0, place), Buffer.from([number]), added.subarray(place)])
  grown[entry + 2] = count + 1
  for (const path of ["meta", "meta/iprp", "meta/iprp/ipma"]) {
    const parent = findBox(added, path)
    grown.writeUInt32BE(added.readUInt32BE(parent.at) + 1, parent.at)
  }
  return shiftItems(grown, property.length + 1)
}

/** Makes other decoders and this one overlook the properties of a type. */
const withoutProperty = (avif: Buffer, type: string): Buffer => {
  const copy = Buffer.from(avif)
  for (let at = copy.indexOf(type, 0, "latin1"); at >= 0; at = copy.indexOf(type, at + 4, "latin1"))
    copy.write("skip", at, "latin1")
  return copy
}

/** An AVIF whose colours have other code points (ITU-T H.273). Its values stay. */
export const withNclx = (avif: Buffer, primaries: number, transfer: number, matrix = 6): Buffer => {
  const data = Buffer.alloc(11)
  data.write("nclx", "latin1")
  data.writeUInt16BE(primaries, 4)
  data.writeUInt16BE(transfer, 6)
  data.writeUInt16BE(matrix, 8)
  data[10] = 0x80
  return withProperty(withoutProperty(avif, "colr"), box("colr", data))
}

/** An AVIF with an ICC profile. */
export const withProfile = (avif: Buffer, profile: Buffer): Buffer =>
  withProperty(avif, box("colr", Buffer.concat([Buffer.from("prof", "latin1"), profile])))

/** An AVIF with a content light level, in cd/m². */
export const withLight = (avif: Buffer, peak: number): Buffer => {
  const data = Buffer.alloc(4)
  data.writeUInt16BE(peak, 0)
  return withProperty(avif, box("clli", data))
}

/** Says that the colours of item 1 are multiplied by its alpha, item 2 (ISO/IEC 23008-12 §6.10.1.2). */
export const asPremultiplied = (avif: Buffer): Buffer => {
  const reference = Buffer.alloc(6)
  reference.writeUInt16BE(1, 0)
  reference.writeUInt16BE(1, 2)
  reference.writeUInt16BE(2, 4)
  const added = box("prem", reference)
  return shiftItems(append(avif, "meta/iref", added), added.length)
}

/** 16 × 16 pixels of grey 118: monochrome, 8 bits, in the range of video. The image library cannot write one; avifenc did. */
export const monochromeOfVideoRange = (): Buffer =>
  Buffer.from(
    "AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAPBtZXRhAAAAAAAAAChoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAbGliYXZpZgAAAAAOcGl0bQAAAA" +
      "AAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEUAAAAFgAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABoaXBycAAAAElpcGNvAAAA" +
      "FGlzcGUAAAAAAAAAEAAAABAAAAAOcGl4aQAAAAABCAAAAAxhdjFDgQAcAAAAABNjb2xybmNseAABAA0ABgAAAAAXaXBtYQAAAAAAAAABAAEEAQKDBAAAAB5tZGF0" +
      "EgAKCBgM/9hgIaDEMggQADlTFKZdQA==",
    "base64",
  )

/**
 * A grid of red, green, blue and white cells of 64 × 64 by avifenc 0.11, which also wrote the quarter turn of the picture, anticlockwise, to
 * each of its cells.
 */
export const turnedGrid = (): Buffer =>
  Buffer.from(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAAHvbWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAADnBpdG0A" +
      "AAAAAAEAAABWaWxvYwAAAABEAAAFAAEAAAABAAACFwAAAAgAAgAAAAEAAAIfAAAAJgADAAAAAQAAAkUAAAAlAAQAAAABAAACagAAACUABQAAAAEAAAKPAAAAHwAA" +
      "AJBpaW5mAAAAAAAFAAAAGmluZmUCAAAAAAEAAGdyaWRDb2xvcgAAAAAaaW5mZQIAAAEAAgAAYXYwMUNvbG9yAAAAABppbmZlAgAAAQADAABhdjAxQ29sb3IAAAAA" +
      "GmluZmUCAAABAAQAAGF2MDFDb2xvcgAAAAAaaW5mZQIAAAEABQAAYXYwMUNvbG9yAAAAACBpcmVmAAAAAAAAABRkaW1nAAEABAACAAMABAAFAAAAp2lwcnAAAABo" +
      "aXBjbwAAABRpc3BlAAAAAAAAAIAAAACAAAAAEHBpeGkAAAAAAwgICAAAABNjb2xybmNseAABAA0ABoAAAAAJaXJvdAEAAAAUaXNwZQAAAAAAAABAAAAAQAAAAAxh" +
      "djFDgSAAAAAAADdpcG1hAAAAAAAAAAUAAQQBAgOEAAIFBQKGA4QAAwUFAoYDhAAEBQUChgOEAAUFBQKGA4QAAACfbWRhdAAAAQEAgACAEgAKCTgVf/2EBDQaQDIX" +
      "E8ADDDDEAMG05cFS1GE+UgAW3IM11aASAAoJOBV//YQENBpAMhYTwAMMMMQAwbTlwwqbRSAWYj6dNxGrEgAKCTgVf/2EBDQaQDIWE8ADDDDEAMG05cJ2MqSuVbWk" +
      "XteVBhIACgk4FX/9hAQ0GkAyEBPAAwwwxADDLmC7Qx2zDYA=",
    "base64",
  )

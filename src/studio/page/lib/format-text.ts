/** Responsible for numbers and names as text. Numbers have a fixed form, so that columns align and tests agree on all machines. */

const group = (digits: string): string => digits.replaceAll(/\B(?=(?:\d{3})+$)/g, "\u202f")

/** `1234567` as "1 234 567". */
export const formatCount = (value: number): string => group(String(Math.round(value)))

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const

/** Decimal units with three significant digits: "982 B", "12.4 kB", "3.01 MB". */
export const formatBytes = (bytes: number): string => {
  let value = Math.abs(bytes)
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${bytes < 0 ? "−" : ""}${value.toFixed(digits)}\u00a0${BYTE_UNITS[unit]}`
}

/** "0.4 ms", "38 ms", "1.2 s", "3 min". */
export const formatMs = (ms: number): string => {
  if (ms < 9.95) return `${ms.toFixed(1)}\u00a0ms`
  if (ms < 999.5) return `${ms.toFixed(0)}\u00a0ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}\u00a0s`
  return `${Math.round(ms / 60_000)}\u00a0min`
}

/** A part of 1 as "0.42 %", "4.2 %", "98 %". */
export const formatPercent = (part: number): string => {
  const percent = part * 100
  const digits = percent === 0 || percent >= 99.95 ? 0 : percent < 1 ? 2 : percent < 10 ? 1 : 0
  return `${percent.toFixed(digits)}\u00a0%`
}

/** `1280 × 720`. */
export const formatDimensions = (width: number, height: number): string => `${width}\u00a0×\u00a0${height}`

const two = (value: number): string => String(value).padStart(2, "0")

/** Local time: "09:41:07". */
export const formatTime = (timeMs: number): string => {
  const date = new Date(timeMs)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** Controls and the marks that change the direction of text, which would hide or reorder a name. */
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** A name with its invisible characters written out: a newline becomes "⟨U+000A⟩". */
export const visibleName = (name: string): string =>
  name.replaceAll(INVISIBLE, (char) => `⟨U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`)

/** The last segment of a key, or of a prefix that ends with a slash. */
export const baseName = (key: string): string => key.slice(key.lastIndexOf("/", key.length - 2) + 1).replace(/\/$/, "")

/** The folder of a key, with its slash; "" for a key without one. */
export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf("/") + 1)

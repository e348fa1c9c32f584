/** Responsible for numbers in the texts of commands and of doctor. */

const GROUP = /\B(?=(?:\d{3})+$)/g

/** `12 345`. */
export const grouped = (value: number): string => String(Math.round(value)).replaceAll(GROUP, " ")

/** `1 photo`, `12 photos`. */
export const counted = (count: number, noun: string): string => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`

/** `12 %`, for a share of 0.12. @param decimals digits after the point */
export const percentOf = (share: number, decimals = 0): string => `${(100 * share).toFixed(decimals)} %`

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const

/** `4.2 MB`, in decimal units. */
export const byteText = (byteLength: number): string => {
  let [value, at] = [byteLength, 0]
  for (; value >= 1000 && at < UNITS.length - 1; at++) value /= 1000
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[at] ?? "B"}`
}

/** `45 s`, `12 min`, `3.5 h`. */
export const durationText = (ms: number): string => {
  const seconds = ms / 1000
  if (seconds < 90) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`
}

/** A list in a sentence, the first few members of it. */
export const someOf = (texts: readonly string[], most = 3): string =>
  texts.length <= most ? texts.join(", ") : `${texts.slice(0, most).join(", ")} and ${texts.length - most} more`

/** Header values come from here and from nowhere else: a closed set, none of it copied from a request. */

/** On every answer: pictures are public, are read by canvas and by other origins, and are exactly what their type says. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "*",
  "cross-origin-resource-policy": "cross-origin",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
}

export const ALLOWED_METHODS = "GET, HEAD, OPTIONS"

/** Answer to `OPTIONS`, preflights included. */
export const OPTIONS_HEADERS: Readonly<Record<string, string>> = {
  ...COMMON_HEADERS,
  allow: ALLOWED_METHODS,
  "access-control-allow-methods": ALLOWED_METHODS,
  "access-control-allow-headers": "*",
  "access-control-max-age": "86400",
}

let lastSeconds = -1
let lastDate = ""

/** HTTP date of a time in milliseconds; most hits of a moment ask for few different ones. */
export const httpDate = (ms: number): string => {
  if (ms !== lastSeconds) {
    lastSeconds = ms
    lastDate = new Date(ms).toUTCString()
  }
  return lastDate
}

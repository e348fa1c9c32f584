/** Responsible for the time for which a CDN caches a response of a function, which may lack the cache tag of the stored object. Pure. */

/** Seconds for which a CDN caches a function's own response. */
const FIRST_RESPONSE_SECONDS = 300

/** A `Cache-Control` that lets a CDN cache for at most five minutes, and browsers as long as before. */
export const shortenedForCdn = (cacheControl: string): string => {
  if (/no-store|no-cache|private/i.test(cacheControl)) return cacheControl
  const seconds = /s-maxage=(\d+)/i.exec(cacheControl) ?? /max-age=(\d+)/i.exec(cacheControl)
  if (seconds && Number(seconds[1]) <= FIRST_RESPONSE_SECONDS) return cacheControl
  const others = cacheControl.split(",").filter((directive) => directive !== "" && !/^\s*s-maxage=/i.test(directive))
  return [...others.map((directive) => directive.trim()), `s-maxage=${FIRST_RESPONSE_SECONDS}`].join(", ")
}

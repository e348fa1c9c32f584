/** Responsible for the page that a request came from, without its path and query, which can contain personal data. */

/** A scheme, a host name or IP address, and a port. No user name. */
const ORIGIN = /^https?:\/\/(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?(?=[/?#]|$)/i

/**
 * The origin in a `Referer` header; undefined for another text.
 * @example
 * referrerOrigin("https://shop.example.com/cart?user=7") // "https://shop.example.com"
 */
export const referrerOrigin = (referer: string | undefined): string | undefined => ORIGIN.exec(referer ?? "")?.[0]

/** Responsible for the candidates in the text of a `srcset`. */

/**
 * Matches one candidate: its URL, and its descriptor if it has one (HTML, "Srcset attributes"). A URL can contain commas but neither begin
 * nor end with one, and no space needs to follow the comma after a descriptor.
 * @example
 * [..."/w_1,h_2/a.jpg 1x,/b.jpg 2x".matchAll(SRCSET_CANDIDATE)].map(([, url]) => url) // ["/w_1,h_2/a.jpg", "/b.jpg"]
 */
export const SRCSET_CANDIDATE: RegExp = /([^\s,](?:\S*[^\s,])?)(?:\s+([^\s,]+))?/g

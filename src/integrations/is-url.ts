/** Responsible for recognising images that are not originals: those of other servers, and small ones that bundlers put into pages. */

/** Whether a source is a URL, rather than a key or a URL path. */
export const isUrl = (source: unknown): boolean =>
  typeof source === "string" && /^(?:data:|blob:|(?:[a-z][a-z\d+.-]*:)?\/\/)/i.test(source)

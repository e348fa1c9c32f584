/** Responsible for reading a `srcset` as the client builds it: URLs without spaces, each with a descriptor. */

/** One candidate. */
export interface SrcsetCandidate {
  readonly url: string
  /** Like "640w" or "2x". */
  readonly descriptor: string
}

/** @example parseSrcset("/640w/a.jpg 640w, /1280w/a.jpg 1280w")[1] // { url: "/1280w/a.jpg", descriptor: "1280w" } */
export const parseSrcset = (srcset: string): readonly SrcsetCandidate[] =>
  Array.from(srcset.matchAll(/(\S+)\s+([\d.]+[wx])(?:,|$)/g), ([, url = "", descriptor = ""]) => ({ url, descriptor }))

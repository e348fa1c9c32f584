/** A short name for a text that has to change whenever the text does. Against accidents, not against attackers. */

/** FNV-1a, 32 bits, over UTF-16 code units. */
const fnv1a = (text: string, seed: number): number => {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** At most 14 characters of 0 to 9 and a to z: 64 bits. */
export const shortHash = (text: string): string =>
  fnv1a(text, 0x811c9dc5).toString(36) + fnv1a(text, 0x1b873593).toString(36)

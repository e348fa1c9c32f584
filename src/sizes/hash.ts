/** Responsible for short hashes. They detect accidental changes and are not safe against attackers. */

/** FNV-1a, 32 bits, over UTF-16 code units. */
const fnv1a = (text: string, seed: number): number => {
  let hash = seed
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** A 64-bit hash of a text: at most 14 characters of 0 to 9 and a to z. */
export const shortHash = (text: string): string =>
  fnv1a(text, 0x811c9dc5).toString(36) + fnv1a(text, 0x1b873593).toString(36)

/** The hash of a flat object. Neither the order of its members nor members that are undefined affect it. */
export const hashOf = (members: Readonly<Record<string, string | number | undefined>>): string =>
  shortHash(JSON.stringify(members, Object.keys(members).sort()))

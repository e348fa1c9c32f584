/** Responsible for digests of whole originals in the server process. */
import { createHash } from "node:crypto"
import { setImmediate as nextTurn } from "node:timers/promises"

/** 1 MB takes about a millisecond, so that no other request waits long. */
const PIECE_BYTES = 1_000_000

/** SHA-256 in hex, computed in pieces, between which other work gets its turn. */
export const digestInPieces = async (bytes: Uint8Array): Promise<string> => {
  const hash = createHash("sha256")
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    hash.update(bytes.subarray(at, at + PIECE_BYTES))
    await nextTurn()
  }
  return hash.digest("hex")
}

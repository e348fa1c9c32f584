/** Responsible for short states in colour, each with its word. */
import type { JSX } from "preact"

/** Meaning of the colour. */
export type Tone = "good" | "warn" | "bad" | "info" | "plain"

/** A word in the colour of its meaning. */
export const Badge = ({ tone, text }: { readonly tone: Tone; readonly text: string }): JSX.Element => (
  <span class={`badge ${tone}`}>{text}</span>
)

const STATES: Readonly<Record<string, readonly [tone: Tone, text: string]>> = {
  fresh: ["good", "Stored"],
  unverified: ["warn", "Unverified"],
  stale: ["warn", "Stale"],
  absent: ["plain", "Not stored"],
  hit: ["good", "Hit"],
  miss: ["info", "Miss"],
  coalesced: ["info", "Shared miss"],
  revalidate: ["info", "Revalidate"],
  refused: ["bad", "Rejected"],
  other: ["plain", "Other"],
}

/** The badge of a rendition's state, or of a request's outcome. */
export const StateBadge = ({ state }: { readonly state: string }): JSX.Element => {
  const [tone, text] = STATES[state] ?? ["plain", state]
  return <Badge tone={tone} text={text} />
}

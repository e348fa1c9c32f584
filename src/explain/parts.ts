/** Responsible for the input of explanations: the parts of a tailor, and options. */
import type { OpenTailor } from "../create-tailor.ts"

/** Options of one explanation. */
export interface ExplainOptions {
  /** The `Accept` header of the request. @default none */
  readonly accept?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** The parts of a tailor that explanations need. */
export type ExplainParts = Pick<
  OpenTailor,
  "core" | "config" | "originals" | "renditions" | "renderer" | "handleOptions"
>

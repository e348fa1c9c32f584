/** Responsible for errors as a part of the page. */
import type { JSX } from "preact"

import type { ApiProblem } from "../lib/api-client.ts"

interface ProblemProps {
  readonly problem: ApiProblem
  readonly onRetry?: (() => void) | undefined
}

/** An error: its code, its cause, and its fix. */
export const Problem = ({ problem: { code, detail, hint }, onRetry }: ProblemProps): JSX.Element => (
  <div class="problem" role="alert">
    <p>
      <strong>{detail}</strong> <code>{code}</code>
    </p>
    {hint && <p>{hint}</p>}
    {onRetry && (
      <button type="button" class="button" onClick={onRetry}>
        Try again
      </button>
    )}
  </div>
)

/** Responsible for the field for the token, where the page was opened without one. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import { type ApiProblem, toProblem } from "../lib/api-client.ts"
import { openSession } from "../lib/catalogue.ts"
import { tokenIn } from "../lib/routes.ts"
import { Problem } from "../parts/problem.tsx"

/** Accepts the token, or the whole URL that the server printed. */
const readToken = (text: string): string => {
  const trimmed = text.trim()
  return tokenIn(trimmed.slice(trimmed.indexOf("#") + 1)) ?? trimmed
}

/** A form for the token. */
export const SignIn = (): JSX.Element => {
  const token = useSignal("")
  const problem = useSignal<ApiProblem | undefined>(undefined)
  const submit = (event: Event): void => {
    event.preventDefault()
    openSession(readToken(token.value)).catch((error: unknown) => {
      problem.value = toProblem(error)
    })
  }
  return (
    <form class="sign-in panel" onSubmit={submit}>
      <h1>Open the studio</h1>
      <p>
        The server printed a URL with a token when it started. Open that URL, or paste it here. The token is new with
        every start.
      </p>
      <label for="token">URL or token</label>
      <input
        id="token"
        type="password"
        autocomplete="off"
        required
        value={token.value}
        onInput={(event) => (token.value = event.currentTarget.value)}
      />
      <button type="submit" class="button primary">
        Open
      </button>
      {problem.value && <Problem problem={problem.value} />}
    </form>
  )
}

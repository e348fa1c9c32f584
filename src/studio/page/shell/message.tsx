/** Responsible for short messages: see lib/announce.ts. */
import type { JSX } from "preact"

import { message } from "../lib/announce.ts"

/** A region that exists from the beginning, because screen readers only read changes of known regions. */
export const Message = (): JSX.Element => (
  <div class={message.value ? "message shown" : "message"} role="status">
    {message.value}
  </div>
)

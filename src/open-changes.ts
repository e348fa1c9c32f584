/** Responsible for the receivers of changed originals: the callback of a program, and the webhook of the settings. */
import { type Changes, createChanges, type SendChanges } from "./changes.ts"
import type { TailorConfig } from "./config/options.ts"
import type { Notify } from "./hooks.ts"
import type { Grammar } from "./sizes/key.ts"
import type { WebhookOptions } from "./webhook.ts"

/** A webhook whose code, with a client of HTTP, is loaded with the first change. */
const lazyWebhook = (options: WebhookOptions): SendChanges => {
  let loading: Promise<SendChanges> | undefined
  return async (changes) => {
    loading ??= import("./webhook.ts").then(({ createWebhook }) => createWebhook(options))
    const send = await loading
    await send(changes)
  }
}

/** Reports of changed originals; undefined where nothing receives them. */
export const openChanges = (
  { basePath, notify: url, notifyHeaders: headers }: TailorConfig,
  grammar: Grammar,
  notify: Notify,
  onChange: SendChanges | undefined,
): Changes | undefined => {
  const send = [...(onChange ? [onChange] : []), ...(url === undefined ? [] : [lazyWebhook({ url, headers })])]
  return send.length === 0 ? undefined : createChanges({ grammar, basePath, send, notify })
}

/** Responsible for the Web-standard interface of the handler: for Hono, Bun, Next.js route handlers and others that use `Request` and `Response`. */
import { onAbort } from "../abort.ts"
import type { Answer } from "./answer.ts"
import type { Handle } from "./handle.ts"

const toBody = (body: Answer["body"]): ConstructorParameters<typeof Response>[0] => {
  if (body === undefined) return null
  // The type only: `Response` does not accept views of shared memory, which no store returns.
  return body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : (ReadableStream.from(body) as ReadableStream)
}

/** Returns a `fetch` function over a handler. */
export const createFetch =
  (handle: Handle): ((request: Request) => Promise<Response>) =>
  async (request) => {
    const { pathname, search } = new URL(request.url)
    const { status, headers, body } = await handle({
      method: request.method,
      target: pathname + search,
      header: (name) => request.headers.get(name) ?? undefined,
      onDisconnect: (callback) => onAbort(request.signal)(callback),
    })
    return new Response(toBody(body), { status, headers })
  }

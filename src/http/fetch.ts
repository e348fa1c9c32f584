/** The Web-standard face of `handle`: for Bun, Hono, Next route handlers and everything else that speaks `Request` and `Response`. */
import type { Answer } from "./answer.ts"
import type { Handle } from "./handle.ts"

const toBody = (body: Answer["body"]): ConstructorParameters<typeof Response>[0] => {
  if (body === undefined) return null
  // A copy of the view's type only: `Response` does not take views of shared memory, which no store gives.
  return body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : (ReadableStream.from(body) as ReadableStream)
}

/** `fetch` over a handle. */
export const createFetch =
  (handle: Handle): ((request: Request) => Promise<Response>) =>
  async (request) => {
    const { pathname, search } = new URL(request.url)
    const { status, headers, body } = await handle({
      method: request.method,
      target: pathname + search,
      header: (name) => request.headers.get(name) ?? undefined,
      signal: () => request.signal,
    })
    return new Response(toBody(body), { status, headers })
  }

/** Responsible for the entry point of the edge function. `LIST` is a variable in front of it in the source; see source.ts. */
import type { EdgeList } from "./edge-list.ts"
import { type EdgeRequest, type EdgeResponse, handleRequest } from "./handler.ts"

declare const LIST: EdgeList

/** Called for each viewer request. CloudFront finds it by its name, as a function declaration. */
export function handler(event: { readonly request: EdgeRequest }): EdgeRequest | EdgeResponse {
  return handleRequest(event.request, LIST)
}

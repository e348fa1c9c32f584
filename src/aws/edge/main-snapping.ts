/** Responsible for the entry point of the edge function for `unknownSize: "snap"`; see main.ts. */
import type { EdgeList } from "./edge-list.ts"
import { type EdgeRequest, type EdgeResponse, handleRequest } from "./handler.ts"
import { snapSize } from "./snap-size.ts"

declare const LIST: EdgeList

/** Called for each viewer request. */
export function handler(event: { readonly request: EdgeRequest }): EdgeRequest | EdgeResponse {
  return handleRequest(event.request, LIST, snapSize)
}

/** The edge as main.ts has it, for `unknownSize: "snap"`. */
import { resolveSnapped } from "../../http/snap-path.ts"
import { type EdgeList, readList } from "./edge-grammar.ts"
import { createEdge, type Edge } from "./handler.ts"

declare const LIST: EdgeList

/** Called for each viewer's request. */
export const handler: Edge = createEdge(readList(LIST), LIST.basePath, resolveSnapped)

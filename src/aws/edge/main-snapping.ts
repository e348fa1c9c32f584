/** The edge as main.ts has it, for `unknownSize: "snap"`. */
import { resolveSnapped } from "../../http/snapped.ts"
import { createEdge, type Edge } from "./handler.ts"
import { type EdgeList, readList } from "./list.ts"

declare const LIST: EdgeList

/** Called for each viewer's request. */
export const handler: Edge = createEdge(readList(LIST), LIST.basePath, resolveSnapped)

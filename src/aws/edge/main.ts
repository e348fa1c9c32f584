/** The edge as CloudFront finds it: a function of this name. `LIST` stands in front of it in the source (source.ts). */
import { resolveUrlPath } from "../../http/url-path.ts"
import { type EdgeList, readList } from "./edge-grammar.ts"
import { createEdge, type Edge } from "./handler.ts"

declare const LIST: EdgeList

/** Called for each viewer's request. */
export const handler: Edge = createEdge(readList(LIST), LIST.basePath, resolveUrlPath)

/** Events in the shapes of each service, as Lambda is called with them; all are about the photo `produs_227613/größe 1+1.jpg`. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

/** One of them, read anew. */
export const fixture = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")) as T

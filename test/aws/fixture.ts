/** Events of each service, in the format in which Lambda receives them. All are about the photo `produs_227613/größe 1+1.jpg`. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"

/** Reads an event. */
export const fixture = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(join(import.meta.dirname, "fixtures", `${name}.json`), "utf8")) as T

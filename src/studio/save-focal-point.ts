/**
 * Responsible for saving focal points to the file or object of the setting `focalPoints`.
 *
 * Invariants:
 * - Two changes of one server are made one after the other.
 */
import type { OpenTailor } from "../create-tailor.ts"
import { parseObjectUrl } from "../store/registry.ts"
import type { FocalChange } from "./focal-entries.ts"
import { saveInFile } from "./focal-file.ts"
import { saveInObject } from "./focal-object.ts"

let saving: Promise<unknown> = Promise.resolve()

/**
 * Saves or removes the focal point of an original.
 * @param location an absolute path or a URL
 * @throws {SyntaxError} the file is no JSON object
 */
export const saveFocalPoint = (location: string, tailor: OpenTailor, change: FocalChange): Promise<void> => {
  const save = (): Promise<void> =>
    parseObjectUrl(location) === undefined ? saveInFile(location, change) : saveInObject(location, tailor, change)
  const saved = saving.then(save)
  saving = saved.catch(() => {})
  return saved
}

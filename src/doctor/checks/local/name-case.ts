/** Responsible for the check that the folder of the originals distinguishes capitals: otherwise one photo has several URLs. */
import { ignoresCase } from "../../../store/folder-names.ts"
import { type Check, passed, warning } from "../../check.ts"
import type { LocalContext } from "../../local-context.ts"

/** See the head comment. */
export const nameCase: Check<LocalContext> = {
  name: "name-case",
  probe: "open the folder of the originals with its name in capitals",
  applies: ({ originalsFolder }) => originalsFolder !== undefined && /[a-z]/.test(originalsFolder),
  examine: ({ originalsFolder = "" }) => {
    if (ignoresCase(originalsFolder) !== true) return passed("Capitals are distinguished.")
    return warning({
      observation: `${originalsFolder} ignores case.`,
      meaning: "URLs that work here answer 404 on Linux and S3 if their case differs from the file's.",
      fix: "Write file names in pages exactly as on disk.",
    })
  },
}

/** Responsible for errors in explanations. */
import type { TailorError } from "../errors.ts"
import type { ExplainedRefusal } from "./explanation.ts"

/** The public part of an error. */
export const toExplainedRefusal = ({ code, status, detail, hint }: TailorError): ExplainedRefusal => ({
  code,
  status,
  detail,
  hint,
})

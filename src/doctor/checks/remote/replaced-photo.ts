/** Responsible for the check that a replaced photo is seen within the promised time. */
import type { Check } from "../../check.ts"
import { type RemoteContext, VERSIONS } from "../../remote-context.ts"
import { examineChange } from "../../stale-photo.ts"

const NAME = "replaced.jpg"

/** See the head comment. */
export const replacedPhoto: Check<RemoteContext> = {
  name: "replaced-photo",
  probe: "replace a photo and request it until the new one is sent",
  examine: async (context, { signal }) =>
    examineChange(context, signal, {
      name: NAME,
      noun: "the replacement",
      make: (uploads) => uploads.put(NAME, VERSIONS[1]),
      seenIn: ({ status, body }, first) => (status === 200 && !body.equals(first.body) ? "Seen" : undefined),
      unseenIn: () => "Still the former photo",
      meaning: "Visitors see photos that were replaced, for as long as a cache keeps them.",
    }),
}

/** Responsible for the check that a deleted photo disappears within the promised time. */
import type { Check } from "../../check.ts"
import type { RemoteContext } from "../../remote-context.ts"
import { examineChange } from "../../stale-photo.ts"

const NAME = "removed.jpg"

/** See the head comment. */
export const removedPhoto: Check<RemoteContext> = {
  name: "removed-photo",
  probe: "delete a photo and request it until it is gone",
  examine: async (context, { signal }) =>
    examineChange(context, signal, {
      name: NAME,
      noun: "the deletion",
      make: (uploads) => uploads.remove(NAME),
      seenIn: ({ status }) => (status === 404 ? "404" : undefined),
      unseenIn: ({ status }) => `Status ${status}`,
      meaning: "Photos that were deleted stay public.",
    }),
}

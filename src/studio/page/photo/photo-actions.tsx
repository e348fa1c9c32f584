/** Responsible for the actions on one photo (warm, purge), each confirmed in a dialog. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { Photo } from "../../api.ts"
import { announce } from "../lib/announce.ts"
import { request, toProblem } from "../lib/api-client.ts"
import { Dialog } from "../parts/dialog.tsx"
import { Icon } from "../parts/icon.tsx"
import { Name } from "../parts/name.tsx"

interface PhotoActionsProps {
  readonly photo: Photo
  /** Called after an action, also after a failed one. */
  readonly onChange: () => void
}

const purge = async (key: string): Promise<string> => {
  const { deleted } = await request("POST purge", { key })
  return `Deleted ${deleted} stored ${deleted === 1 ? "rendition" : "renditions"}`
}

const warm = async (key: string): Promise<string> => {
  const { made, stored, refused } = await request("POST warm", { key })
  return `Rendered ${made}; ${stored} already stored${refused.length > 0 ? `; ${refused.length} failed: ${refused[0]}` : ""}`
}

/** Warm and purge. */
export const PhotoActions = ({ photo: { key, renditions }, onChange }: PhotoActionsProps): JSX.Element => {
  const open = useSignal<"warm" | "purge" | undefined>(undefined)
  const isRunning = useSignal(false)
  const notFresh = renditions.filter(({ state }) => state !== "fresh").length
  const run = (work: (key: string) => Promise<string>): void => {
    isRunning.value = true
    work(key)
      .then(announce, (error: unknown) => announce(toProblem(error).detail))
      .finally(() => {
        isRunning.value = false
        onChange()
      })
  }
  const close = (): void => void (open.value = undefined)
  return (
    <div class="row">
      <button type="button" class="button" disabled={isRunning.value} onClick={() => (open.value = "warm")}>
        <Icon name="warm" />
        {isRunning.value ? "Working…" : "Warm"}
      </button>
      <button type="button" class="button" disabled={isRunning.value} onClick={() => (open.value = "purge")}>
        <Icon name="bin" />
        Purge
      </button>
      {open.value === "warm" && (
        <Dialog title="Warm this photo?" action="Warm" onConfirm={() => run(warm)} onClose={close}>
          <p>
            Renders and stores the {notFresh} of {renditions.length} renditions of <Name text={key} /> that are missing
            or outdated, one at a time.
          </p>
        </Dialog>
      )}
      {open.value === "purge" && (
        <Dialog title="Purge this photo?" action="Purge" onConfirm={() => run(purge)} onClose={close}>
          <p>
            Deletes all stored renditions of <Name text={key} />. The original stays. The next request for each
            rendition renders it again. Caches in front of this server keep their copies.
          </p>
        </Dialog>
      )}
    </div>
  )
}

/** Responsible for drafts of one rendition with other qualities. They are compared with the reference, and the latest ones are kept as rows. */
import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"

import type { Photo, SheetItem } from "../../api.ts"
import { type ApiProblem, type Picture, requestPicture } from "../lib/api-client.ts"
import { type Draft, withDraft } from "./draft-rows.ts"
import { ssimOf } from "./ssim.ts"
import { usePicture } from "./use-picture.ts"
import { useReference } from "./use-reference.ts"

/** Wait after the last move of the slider before a draft is requested. */
const DELAY_MS = 250

interface DraftOptions {
  readonly photo: Photo
  readonly item: SheetItem | undefined
  /** Undefined for lossless formats. */
  readonly quality: number | undefined
}

/** The latest draft, its reference, and the rows of all drafts. */
interface Drafts {
  readonly rows: readonly Draft[]
  readonly picture: Picture | undefined
  readonly reference: Picture | undefined
  readonly problem: ApiProblem | undefined
  readonly isLoading: boolean
  readonly reload: () => void
}

/** A value that follows another one after a pause. */
const useDelayed = <T>(value: T): T => {
  const delayed = useSignal(value)
  useEffect(() => {
    const timer = setTimeout(() => {
      delayed.value = value
    }, DELAY_MS)
    return () => clearTimeout(timer)
  }, [value])
  return delayed.value
}

/** Requests a draft whenever the quality rests. */
export const useDrafts = ({ photo, item, quality }: DraftOptions): Drafts => {
  const rows = useSignal<readonly Draft[]>([])
  const slot = `${photo.version} ${item?.size} ${item?.format}`
  useEffect(() => {
    rows.value = []
  }, [slot])
  const settled = useDelayed(quality)
  const reference = useReference(photo, item?.size)
  const lossless = reference.state.value.value
  const key = item && lossless && `${slot} ${settled} ${lossless.url}`
  const draft = usePicture(key, async (signal) => {
    const values = { key: photo.key, size: item?.size ?? "", ...(item && { format: item.format }), quality: settled }
    const picture = await requestPicture("POST draft", values, { signal })
    const similarity = lossless && (await ssimOf(picture.blob, lossless.blob))
    // The rows may be those of another rendition by now.
    if (!signal.aborted) rows.value = withDraft(rows.peek(), { ...picture, quality: settled, similarity })
    return picture
  })
  const { value: picture, problem, isLoading } = draft.state.value
  return {
    rows: rows.value,
    picture,
    reference: lossless,
    problem: problem ?? reference.state.value.problem,
    isLoading,
    reload: problem ? draft.reload : reference.reload,
  }
}

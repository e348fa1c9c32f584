/** Responsible for the similarity of a picture to its reference. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import { ssimOf } from "./ssim.ts"

interface SsimFactProps {
  readonly picture: Blob | undefined
  readonly reference: Blob | undefined
}

/** SSIM with four digits; three dots until it is computed. */
export const SsimFact = ({ picture, reference }: SsimFactProps): JSX.Element => {
  const value = useSignal<number | "failed" | undefined>(undefined)
  useEffect(() => {
    value.value = undefined
    if (!picture || !reference) return undefined
    let isCurrent = true
    void ssimOf(picture, reference).then((result) => {
      if (isCurrent) value.value = result ?? "failed"
    })
    return () => {
      isCurrent = false
    }
  }, [picture, reference])
  const current = value.value
  return (
    <span class="ssim" title="Structural similarity to the lossless reference: 1 is equal">
      SSIM {current === undefined ? "…" : current === "failed" ? "not comparable" : current.toFixed(4)}
    </span>
  )
}

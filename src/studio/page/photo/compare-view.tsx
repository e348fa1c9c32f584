/** Responsible for comparing a rendition with a lossless reference of the same crop. */
import type { JSX } from "preact"

import type { Photo } from "../../api.ts"
import { formatBytes, formatPercent } from "../lib/format-text.ts"
import { Problem } from "../parts/problem.tsx"
import { Comparison } from "./comparison.tsx"
import { fetchRendition, type FetchedRendition } from "./fetch-rendition.ts"
import type { PartProps } from "./part-props.ts"
import { chosenRendition, RenditionChoice } from "./rendition-choice.tsx"
import { SsimFact } from "./ssim-fact.tsx"
import { usePicture } from "./use-picture.ts"
import { useReference } from "./use-reference.ts"

const Numbers = ({
  photo,
  picture,
  reference,
}: {
  readonly photo: Photo
  readonly picture: FetchedRendition | undefined
  readonly reference: Blob | undefined
}): JSX.Element => (
  <p class="numbers">
    <strong>{picture ? formatBytes(picture.byteLength) : "–"}</strong>
    <span>{picture && `${formatPercent(picture.byteLength / photo.info.byteLength)} of the original`}</span>
    <SsimFact picture={picture?.blob} reference={reference} />
  </p>
)

/** The rendition is requested by its ordinary URL; the reference is rendered for this page and never stored. */
export const CompareView = ({ photo, route }: PartProps): JSX.Element => {
  const item = chosenRendition({ photo, route })
  const rendition = usePicture(item && `${photo.version} ${item.url} ${item.format}`, (signal) =>
    item ? fetchRendition(item, signal) : Promise.reject(new Error("Expected a rendition.")),
  )
  const reference = useReference(photo, item?.size)
  const shown = rendition.state.value
  const lossless = reference.state.value
  return (
    <section aria-label="Compare">
      <div class="row controls">
        <RenditionChoice photo={photo} route={route} />
        <Numbers photo={photo} picture={shown.value} reference={lossless.value?.blob} />
      </div>
      {shown.problem && <Problem problem={shown.problem} onRetry={rendition.reload} />}
      {lossless.problem && <Problem problem={lossless.problem} onRetry={reference.reload} />}
      {item && (
        <Comparison
          width={item.width}
          height={item.height}
          left={{ url: lossless.value?.url, title: "Lossless reference" }}
          right={{ url: shown.value?.url, title: `${item.format.toUpperCase()} rendition` }}
        />
      )}
    </section>
  )
}

/** Responsible for the facts of one photo, with a small picture. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import type { Photo } from "../../api.ts"
import { formatBytes, formatDimensions } from "../lib/format-text.ts"
import { type Fact, Facts } from "../parts/facts.tsx"
import { overviewOf } from "./overview.ts"

const factsOf = ({ info, version, focalPoint }: Photo): readonly Fact[] => [
  ["Dimensions", formatDimensions(info.width, info.height)],
  ["Format", info.format.toUpperCase()],
  ["Bytes", formatBytes(info.byteLength)],
  ["Animated", info.animated ? "Yes" : "No"],
  [
    "Main colour",
    <>
      <Swatch colour={info.dominantColour} /> <code>{info.dominantColour}</code>
    </>,
  ],
  ["Focal point", focalPoint?.map((part) => part.toFixed(2)).join(", ")],
  [
    "Version",
    <code class="ellipsis" title={version}>
      {version}
    </code>,
  ],
]

const Swatch = ({ colour }: { readonly colour: string }): JSX.Element => (
  <span class="swatch" style={{ background: colour }} />
)

const Picture = ({ photo }: { readonly photo: Photo }): JSX.Element => {
  const isLoaded = useSignal(false)
  const { width, height, placeholder } = photo.info
  return (
    <div class="overview" style={{ aspectRatio: `${width} / ${height}` }}>
      <img class="placeholder" src={placeholder} alt="" />
      <img
        class={isLoaded.value ? "shown" : ""}
        src={overviewOf(photo)?.url}
        alt="The whole photo"
        width={width}
        height={height}
        onLoad={() => (isLoaded.value = true)}
      />
    </div>
  )
}

/** Keeps its place while the photo loads. */
export const PhotoSummary = ({ photo }: { readonly photo: Photo | undefined }): JSX.Element => (
  <aside class="photo-summary" aria-label="Facts">
    {photo ? (
      <>
        <Picture photo={photo} />
        <Facts facts={factsOf(photo)} />
      </>
    ) : (
      <div class="overview blank" />
    )}
  </aside>
)

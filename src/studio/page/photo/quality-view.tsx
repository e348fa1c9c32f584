/** Responsible for drafts: a rendition with another quality, and the bytes, time and similarity that it has. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

import type { SheetItem } from "../../api.ts"
import { catalogue } from "../lib/catalogue.ts"
import { Problem } from "../parts/problem.tsx"
import { Slider } from "../parts/slider.tsx"
import { Comparison } from "./comparison.tsx"
import { DraftTable } from "./draft-table.tsx"
import type { PartProps } from "./part-props.ts"
import { chosenRendition, RenditionChoice } from "./rendition-choice.tsx"
import { useDrafts } from "./use-drafts.ts"

/** The configured quality; undefined for lossless formats. */
const configuredQuality = ({ size, format }: SheetItem): number | undefined => {
  const found = catalogue.value?.sizes.find(({ name }) => name === size)
  return (found?.quality as Readonly<Record<string, number>> | undefined)?.[format]
}

interface QualitySliderProps {
  readonly format: string
  readonly quality: number | undefined
  readonly onChange: (quality: number) => void
}

const QualitySlider = ({ format, quality, onChange }: QualitySliderProps): JSX.Element =>
  quality === undefined ? (
    <p class="muted">{format.toUpperCase()} is lossless here, so it has no quality.</p>
  ) : (
    <Slider label="Quality" min={1} max={100} value={quality} text={String(quality)} onInput={onChange} />
  )

/** Moves of the slider render drafts, which are never stored. */
export const QualityView = ({ photo, route }: PartProps): JSX.Element => {
  const item = chosenRendition({ photo, route })
  const configured = item && configuredQuality(item)
  const chosen = useSignal<number | undefined>(undefined)
  useEffect(() => {
    chosen.value = undefined
  }, [item?.size, item?.format])
  const quality = configured === undefined ? undefined : (chosen.value ?? configured)
  const { rows, picture, reference, problem, isLoading, reload } = useDrafts({ photo, item, quality })
  const choose = (value: number): void => {
    chosen.value = value
  }
  return (
    <section aria-label="Quality">
      <div class="row controls">
        <RenditionChoice photo={photo} route={route} />
        {item && <QualitySlider format={item.format} quality={quality} onChange={choose} />}
      </div>
      {problem && problem.code !== "draft-replaced" && <Problem problem={problem} onRetry={reload} />}
      <DraftTable
        drafts={rows}
        configured={configured}
        current={quality}
        isLoading={isLoading}
        originalBytes={photo.info.byteLength}
        onChoose={choose}
      />
      {item && (
        <Comparison
          width={item.width}
          height={item.height}
          left={{ url: reference?.url, title: "Lossless reference" }}
          right={{ url: picture?.url, title: "Draft" }}
        />
      )}
    </section>
  )
}

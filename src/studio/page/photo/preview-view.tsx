/** Responsible for the preview of a `srcset`: the candidate that this browser takes for a viewport width and a pixel density. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import { request } from "../lib/api-client.ts"
import { navigate } from "../lib/router.ts"
import { useLoad } from "../lib/use-load.ts"
import { Choice } from "../parts/choice.tsx"
import { Problem } from "../parts/problem.tsx"
import { Slider } from "../parts/slider.tsx"
import { Candidates } from "./candidates.tsx"
import { defaultSize } from "./code-view.tsx"
import { sizesIn } from "./overview.ts"
import type { PartProps } from "./part-props.ts"
import type { Picked } from "./preview-frame.ts"
import { PreviewStage } from "./preview-stage.tsx"

const VIEWPORTS = { min: 240, max: 2560, initial: 480 } as const

/** Sliders, the page in an iframe, and the candidates. */
export const PreviewView = ({ photo, route }: PartProps): JSX.Element => {
  const size = route.size || defaultSize({ photo })
  const viewport = useSignal<number>(VIEWPORTS.initial)
  const density = useSignal(2)
  const pick = useSignal<Picked | undefined>(undefined)
  const { state, reload } = useLoad(`${photo.key}\n${size}`, (signal) =>
    request("GET snippets", { key: photo.key, size }, { signal }),
  )
  const { value, problem } = state.value
  return (
    <section aria-label="Preview">
      <div class="row controls">
        <Choice
          label="Largest size"
          value={size}
          options={sizesIn(photo).map((one) => [one, one])}
          onChange={(next) => navigate({ ...route, size: next }, { replace: true })}
        />
        <Slider
          label="Viewport"
          min={VIEWPORTS.min}
          max={VIEWPORTS.max}
          step={10}
          value={viewport.value}
          text={`${viewport.value} px`}
          onInput={(next) => (viewport.value = next)}
        />
        <Slider
          label="Pixel density"
          min={1}
          max={4}
          step={0.5}
          value={density.value}
          text={`${density.value}×`}
          onInput={(next) => (density.value = next)}
        />
      </div>
      {problem && <Problem problem={problem} onRetry={reload} />}
      {value && (
        <>
          <Candidates srcset={value.img.srcset} src={value.img.src} pick={pick.value} wanted={density.value} />
          <PreviewStage
            attributes={value.img}
            viewport={viewport.value}
            density={density.value}
            ratio={photo.renditions.find((item) => item.size === size) ?? photo.info}
            onPick={(next) => (pick.value = next)}
          />
        </>
      )}
    </section>
  )
}

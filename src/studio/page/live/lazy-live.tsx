/** Responsible for loading the charts only with the view that has them. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect } from "preact/hooks"

/** The live view, once it is loaded. */
export const LazyLive = (): JSX.Element => {
  const view = useSignal<{ readonly Live: () => JSX.Element } | undefined>(undefined)
  useEffect(() => {
    void import("./live-view.tsx").then(({ LiveView }) => (view.value = { Live: LiveView }))
  }, [])
  const Live = view.value?.Live
  return (
    <div class="view live">
      <div class="toolbar">
        <h1>Live</h1>
      </div>
      {Live && <Live />}
    </div>
  )
}

/** Responsible for pictures that a component requests: each is released when the next one arrives, or when the component is gone. */
import { useEffect } from "preact/hooks"

import { type Load, useLoad } from "../lib/use-load.ts"

/** Any picture with a `blob:` URL. */
interface Held {
  readonly url: string
}

/** Like `useLoad`, for pictures. */
export const usePicture = <T extends Held>(
  key: string | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): Load<T> => {
  const loaded = useLoad(key, async (signal) => {
    const picture = await load(signal)
    // The state does not get it, so nothing else releases it.
    if (signal.aborted) URL.revokeObjectURL(picture.url)
    return picture
  })
  const url = loaded.state.value.value?.url
  useEffect(() => (url === undefined ? undefined : () => URL.revokeObjectURL(url)), [url])
  return loaded
}

/** Responsible for one folder: its name, and its first photo once it is in view. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"

import { request } from "../lib/api-client.ts"
import { baseName } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { useInView } from "../lib/use-in-view.ts"
import { useLoad } from "../lib/use-load.ts"
import { Icon } from "../parts/icon.tsx"
import { Name } from "../parts/name.tsx"

/** A folder without photos of its own, or whose photo cannot be shown, has an icon. */
export const FolderTile = ({ folder }: { readonly folder: string }): JSX.Element => {
  const [element, isInView] = useInView<HTMLLIElement>()
  const isBroken = useSignal(false)
  const { state } = useLoad(isInView.value ? folder : undefined, (signal) =>
    request("GET photos", { prefix: folder, limit: 1 }, { signal }),
  )
  const first = state.value.value?.photos[0]
  return (
    <li ref={element}>
      <a class="tile" href={formatRoute({ view: "photos", prefix: folder, after: "" })}>
        <span class="thumb cover">
          {first && !isBroken.value ? (
            <img src={first.thumbnail} alt="" loading="lazy" decoding="async" onError={() => (isBroken.value = true)} />
          ) : (
            <Icon name="folder" />
          )}
        </span>
        <span class="folder-name">
          <Icon name="folder" />
          <Name text={baseName(folder)} />
        </span>
      </a>
    </li>
  )
}

/** Responsible for the original of an explanation. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { formatBytes, formatDimensions } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Facts } from "../parts/facts.tsx"
import { Name } from "../parts/name.tsx"
import { Part } from "./part.tsx"

const yesNo = (value: boolean | undefined): string | undefined =>
  value === undefined ? undefined : value ? "Yes" : "No"

/** Its version and the facts of its header. */
export const OriginalPart = ({
  original,
}: {
  readonly original: NonNullable<Explanation["original"]>
}): JSX.Element => (
  <Part
    title="Original"
    summary={
      <a href={formatRoute({ view: "photo", key: original.key, tab: "sizes", size: "", format: "" })}>Open the photo</a>
    }
  >
    <Facts
      facts={[
        ["Key", <Name key="key" text={original.key} />],
        ["Version", <code key="version">{original.version}</code>],
        ["Stable", original.isStable ? "Yes" : "No: it changed so recently that an equal version proves nothing"],
        ["Bytes", formatBytes(original.byteLength)],
        ["Format", original.format?.toUpperCase()],
        [
          "Dimensions",
          original.width !== undefined &&
            original.height !== undefined &&
            formatDimensions(original.width, original.height),
        ],
        ["Animated", yesNo(original.isAnimated)],
        ["Transparency", yesNo(original.hasAlpha)],
        ["Focal point", original.focalPoint?.join(", ")],
      ]}
    />
  </Part>
)

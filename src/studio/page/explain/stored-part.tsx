/** Responsible for the stored rendition of an explanation, and whether it is fresh. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { formatBytes } from "../lib/format-text.ts"
import { StateBadge } from "../parts/badge.tsx"
import { Facts } from "../parts/facts.tsx"
import { Name } from "../parts/name.tsx"
import { Part } from "./part.tsx"

type StoredPartProps = { readonly [Name in "stored" | "freshness"]: Explanation[Name] }

/** The record field by field; nothing without a lookup. */
export const StoredPart = ({ stored, freshness }: StoredPartProps): JSX.Element | undefined => {
  if (!stored && !freshness) return undefined
  return (
    <Part title="Stored rendition" summary={freshness && <StateBadge state={freshness.state} />}>
      {freshness && freshness.reasons.length > 0 && (
        <ul>
          {freshness.reasons.map((reason) => (
            <li key={reason}>
              <Name text={reason} />
            </li>
          ))}
        </ul>
      )}
      {stored && (
        <Facts
          facts={[
            ["Key", <Name key="key" text={stored.key} />],
            ["Original", <Name key="original" text={stored.original} />],
            ["Version", <code key="version">{stored.version}</code>],
            ["Recipe", <code key="recipe">{stored.recipeId}</code>],
            ["Content type", stored.contentType],
            ["ETag", <code key="etag">{stored.etag}</code>],
            ["Last modified", stored.lastModified],
            ["Digest", stored.digest && <code class="wrap">{stored.digest}</code>],
            ["Bytes", stored.byteLength !== undefined && formatBytes(stored.byteLength)],
            ["Written by", stored.isForeign && "another program"],
          ]}
        />
      )}
    </Part>
  )
}

/** Responsible for the limits that apply to a request. */
import type { JSX } from "preact"

import type { Explanation } from "../../api.ts"
import { formatBytes, formatCount, formatMs } from "../lib/format-text.ts"
import { Badge } from "../parts/badge.tsx"
import { Prose } from "../parts/prose.tsx"
import { Part } from "./part.tsx"

type Limit = Explanation["limits"][number]

const textOf = (value: number, unit: Limit["unit"]): string => {
  if (unit === "bytes") return formatBytes(value)
  if (unit === "ms") return formatMs(value)
  return `${formatCount(value)}\u00a0${unit}`
}

/** A row for each limit. */
export const Limits = ({ limits }: { readonly limits: readonly Limit[] }): JSX.Element => (
  <Part title="Limits">
    <div class="scroll" tabIndex={0} role="region" aria-label="Limits">
      <table>
        <thead>
          <tr>
            <th scope="col">Setting</th>
            <th scope="col">Value</th>
            <th scope="col">Limit</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {limits.map(({ setting, description, limit, value, unit, isExceeded }) => (
            <tr key={setting}>
              <th scope="row">
                <code>{setting}</code>
              </th>
              <td>
                {value === undefined ? "–" : textOf(value, unit)} {isExceeded && <Badge tone="bad" text="Exceeded" />}
              </td>
              <td>{textOf(limit, unit)}</td>
              <td class="text">
                <Prose text={description} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  </Part>
)

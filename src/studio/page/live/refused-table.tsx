/** Responsible for sizes that are requested and not listed, with the pages that request them. */
import type { JSX } from "preact"

import type { LiveSummary } from "../../api.ts"
import { formatCount } from "../lib/format-text.ts"
import { formatRoute } from "../lib/routes.ts"
import { Name } from "../parts/name.tsx"
import { LiveTable } from "./live-table.tsx"

type Sizes = LiveSummary["refusedSizes"]

const Referrers = ({ referrers }: Pick<Sizes[number], "referrers">): JSX.Element => (
  <ul class="plain">
    {referrers.map(({ origin, count }) => (
      <li key={origin}>
        {origin === "" ? <span class="muted">No referrer</span> : <Name text={origin} />}{" "}
        <span class="muted">{formatCount(count)}</span>
      </li>
    ))}
  </ul>
)

/** A row for each size; the example opens its explanation. */
export const RefusedTable = ({ sizes }: { readonly sizes: Sizes }): JSX.Element => (
  <LiveTable
    title="Unlisted sizes"
    columns={["Size", "Requests", "From", "Last URL"]}
    empty="No unlisted size was requested in the last hour."
    rows={sizes.map(({ size, count, referrers, example }) => ({
      id: size,
      cells: [
        <Name key="size" text={size} />,
        formatCount(count),
        <Referrers key="from" referrers={referrers} />,
        <a key="example" class="path" href={formatRoute({ view: "explain", target: example, accept: "" })}>
          <Name text={example} />
        </a>,
      ],
    }))}
  />
)

/** Responsible for the tables of the live view. */
import type { ComponentChildren, JSX } from "preact"

import { TableHead } from "./table-head.tsx"

interface LiveTableProps {
  readonly title: string
  readonly columns: readonly string[]
  /** Shown instead of rows. */
  readonly empty: string
  /** Cells of each row; the first one names it. */
  readonly rows: readonly { readonly id: string; readonly cells: readonly ComponentChildren[] }[]
}

/** A titled table that scrolls sideways on narrow screens. */
export const LiveTable = ({ title, columns, empty, rows }: LiveTableProps): JSX.Element => (
  <section class="panel" aria-label={title}>
    <h2>{title}</h2>
    {rows.length === 0 ? (
      <p class="muted">{empty}</p>
    ) : (
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table>
          <TableHead columns={columns} />
          <tbody>
            {rows.map(({ id, cells: [first, ...others] }) => (
              <tr key={id}>
                <th scope="row">{first}</th>
                {others.map((cell, at) => (
                  <td key={columns[at + 1]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </section>
)

/** Responsible for the headings of the columns of a table. */
import type { JSX } from "preact"

/** A row of headings. */
export const TableHead = ({ columns }: { readonly columns: readonly string[] }): JSX.Element => (
  <thead>
    <tr>
      {columns.map((column) => (
        <th key={column} scope="col">
          {column}
        </th>
      ))}
    </tr>
  </thead>
)

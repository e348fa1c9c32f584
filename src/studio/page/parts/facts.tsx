/** Responsible for lists of names and values. */
import type { ComponentChildren, JSX } from "preact"

/** One row; rows without a value are left out. */
export type Fact = readonly [name: string, value: ComponentChildren]

/** A list of facts in two columns. */
export const Facts = ({ facts }: { readonly facts: readonly Fact[] }): JSX.Element => (
  <dl class="facts">
    {facts
      .filter(([, value]) => value !== undefined && value !== "" && value !== false)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)

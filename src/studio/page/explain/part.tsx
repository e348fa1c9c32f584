/** Responsible for one section of an explanation. */
import type { ComponentChildren, JSX } from "preact"
import { useId } from "preact/hooks"

interface SectionProps {
  readonly title: string
  /** Beside the title. */
  readonly summary?: ComponentChildren
  readonly children: ComponentChildren
}

/** A titled panel. */
export const Part = ({ title, summary, children }: SectionProps): JSX.Element => {
  const id = useId()
  return (
    <section class="panel" aria-labelledby={id}>
      <div class="row between">
        <h2 id={id}>{title}</h2>
        <div>{summary}</div>
      </div>
      {children}
    </section>
  )
}

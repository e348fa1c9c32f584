/** Responsible for the links between parts of a view. */
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"

/** One part. */
export interface Tab {
  readonly id: string
  readonly title: string
  readonly href: string
}

interface TabsProps {
  readonly label: string
  readonly tabs: readonly Tab[]
  readonly current: string
}

/** Links in a row; the current one is marked. They are links, so each part has a URL and the history works. */
export const Tabs = ({ label, tabs, current }: TabsProps): JSX.Element => {
  const element = useRef<HTMLElement>(null)
  useEffect(() => {
    element.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" })
  }, [current])
  return (
    <nav class="tabs" aria-label={label} ref={element}>
      <ul>
        {tabs.map(({ id, title, href }) => (
          <li key={id}>
            <a href={href} aria-current={id === current ? "page" : undefined}>
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** Responsible for photos as a grid of links. The tab key reaches one of them, and the arrow keys move between them. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"

import type { PhotoItem } from "../../api.ts"
import { nextIndex } from "./next-index.ts"
import { PhotoTile } from "./photo-tile.tsx"

/** The number of links in the first row. */
const columnsOf = (links: readonly HTMLElement[]): number => {
  const top = links[0]?.getBoundingClientRect().top
  const columns = links.findIndex((link) => link.getBoundingClientRect().top !== top)
  return columns === -1 ? links.length : columns
}

/** The photos of one page. */
export const PhotoGrid = ({ photos }: { readonly photos: readonly PhotoItem[] }): JSX.Element => {
  const list = useRef<HTMLUListElement>(null)
  const current = useSignal(0)
  useEffect(() => {
    current.value = 0
  }, [photos])
  const move = (event: KeyboardEvent): void => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("a") ?? [])]
    const next = nextIndex(event.key, current.value, { count: links.length, columns: columnsOf(links) })
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    current.value = next
    links[next]?.focus()
  }
  return (
    <ul class="grid" aria-label="Photos" ref={list} onKeyDown={move}>
      {photos.map((photo, at) => (
        <PhotoTile
          key={photo.key}
          photo={photo}
          isCurrent={at === current.value}
          onFocus={() => (current.value = at)}
        />
      ))}
    </ul>
  )
}

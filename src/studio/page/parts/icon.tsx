/** Responsible for icons: strokes on a grid of 20, in the colour of the text. They are decoration; names are beside them or in labels. */
import type { JSX } from "preact"

const PATHS = {
  photos: "M3 4.5h14v11H3zM3 13l4-4 3.5 3.5L13 10l4 4M13.2 7.4h.1",
  explain: "M8.6 14.2a5.6 5.6 0 1 1 0-11.2 5.6 5.6 0 0 1 0 11.2zM12.6 12.6 17 17M8.6 6.1v.1M8.6 8.4v3",
  live: "M2.5 10.5h3l2.5-6 4 11 2.5-7 1 2h2",
  settings:
    "M3 5.5h8m4 0h2M3 10h2m4 0h8M3 14.5h9m4 0h1M11.5 5.5a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 0 0-3.6 0zM5.2 10a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 0 0-3.6 0zM12.2 14.5a1.8 1.8 0 1 0 3.6 0 1.8 1.8 0 0 0-3.6 0z",
  folder: "M2.5 5h5l1.8 2h8.2v8.5h-15z",
  copy: "M7 7h9.5v9.5H7zM4 13H3.5V3.5H13V4",
  check: "M4 10.5 8 14.5 16 5.5",
  warm: "M10 3c.6 3 4 4.6 4 8.4A4.1 4.1 0 0 1 10 16a4.1 4.1 0 0 1-4-4.4C6 9.5 7.4 8.6 7.6 6.6 8.800 7.400 9.600 5.300 10 3z",
  bin: "M4 6h12M8 6V4h4v2M5.500 6l.8 10.500h7.400L14.500 6M8.500 9v5M11.500 9v5",
  left: "M12 4.500 6.500 10l5.500 5.500",
  right: "M8 4.500 13.500 10 8 15.500",
  open: "M8 4H4v12h12v-4M11 3.500h5.500V9M16 4l-7 7",
  close: "M5 5l10 10M15 5 5 15",
} as const

/** Name of an icon. */
export type IconName = keyof typeof PATHS

/** One icon. */
export const Icon = ({ name }: { readonly name: IconName }): JSX.Element => (
  <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={PATHS[name]} />
  </svg>
)

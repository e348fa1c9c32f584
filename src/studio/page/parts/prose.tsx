/** Responsible for short documentation: text with `code`, as the settings have it. */
import type { JSX } from "preact"

/** Text between backticks becomes code; links keep their text. */
export const Prose = ({ text }: { readonly text: string }): JSX.Element => (
  <>
    {text
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .split("`")
      .map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}
  </>
)

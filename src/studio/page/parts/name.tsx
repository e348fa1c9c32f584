/** Responsible for names of photos in the page: text in its own direction, with invisible characters written out. */
import type { JSX } from "preact"

import { visibleName } from "../lib/format-text.ts"

/** A name from the catalogue or from a request: hostile input. */
export const Name = ({ text }: { readonly text: string }): JSX.Element => <bdi class="name">{visibleName(text)}</bdi>

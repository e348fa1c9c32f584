/** Responsible for the chosen part of the view of one photo. */
import type { JSX } from "preact"

import { CodeView } from "./code-view.tsx"
import { CompareView } from "./compare-view.tsx"
import { ContactSheet } from "./contact-sheet.tsx"
import { FocalView } from "./focal-view.tsx"
import type { PartProps, PhotoRoute } from "./part-props.ts"
import { PreviewView } from "./preview-view.tsx"
import { QualityView } from "./quality-view.tsx"

const PARTS = {
  sizes: ContactSheet,
  compare: CompareView,
  quality: QualityView,
  code: CodeView,
  preview: PreviewView,
  focal: FocalView,
} satisfies Record<PhotoRoute["tab"], (props: PartProps) => JSX.Element>

/** One part, by the route. */
export const PhotoPart = (props: PartProps): JSX.Element => {
  const Part = PARTS[props.route.tab]
  return <Part {...props} />
}

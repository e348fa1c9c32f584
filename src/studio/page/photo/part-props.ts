/** Responsible for the properties that all parts of the view of one photo have. */
import type { Photo } from "../../api.ts"
import type { Route } from "../lib/routes.ts"

/** The route of one photo. */
export type PhotoRoute = Extract<Route, { readonly view: "photo" }>

/** Properties of every part. */
export interface PartProps {
  readonly photo: Photo
  readonly route: PhotoRoute
  /** Loads the photo again. */
  readonly onChange: () => void
}

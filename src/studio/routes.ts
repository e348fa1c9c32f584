/** Responsible for the table of the studio's API. Each route is a file; types are in api.ts. */
import type { RequestReport } from "../hooks.ts"
import type { StudioRoute } from "./api.ts"
import { createCatalogueRoute } from "./catalogue.ts"
import { createChangeRoutes } from "./changes.ts"
import { createDraftRoutes } from "./draft-routes.ts"
import { createExplainRoute } from "./explain-route.ts"
import { createLive } from "./live.ts"
import { createPhotoRoute } from "./photo.ts"
import { createPhotosRoute } from "./photos.ts"
import { refuse } from "./reply.ts"
import type { Route, RouteParts } from "./route.ts"
import { createSettingsRoute } from "./settings.ts"
import { createSnippetsRoute } from "./snippets.ts"

/** The API of one studio. */
export interface Routes {
  readonly answer: Route
  readonly observe: (report: RequestReport) => void
  readonly close: () => void
}

const PREFIX = "api/"

/** Creates the routes of a studio. */
export const createRoutes = (parts: RouteParts): Routes => {
  const live = createLive(parts.tailor)
  const drafts = createDraftRoutes(parts)
  const changes = createChangeRoutes(parts)
  const routes: Readonly<Record<StudioRoute, Route>> = {
    "POST session": parts.guard.openSession,
    "GET catalogue": createCatalogueRoute(parts),
    "GET photos": createPhotosRoute(parts),
    "GET photo": createPhotoRoute(parts, live.renderMsOf),
    "POST draft": drafts.draft,
    "POST reference": drafts.reference,
    "POST draft-list": drafts.draftList,
    "GET explain": createExplainRoute(parts),
    "GET snippets": createSnippetsRoute(parts),
    "GET settings": createSettingsRoute(parts),
    "GET live": live.stream,
    "POST purge": changes.purge,
    "POST warm": changes.warm,
    "PUT focal-point": changes.focalPoint,
  }
  const known = new Map<string, Route>(Object.entries(routes))
  return {
    answer: (request) => {
      const method = request.method === "HEAD" ? "GET" : request.method
      const route = known.get(`${method} ${request.path.slice(PREFIX.length)}`)
      return route ? route(request) : refuse(404, "not-found", "The studio has no such route.")
    },
    observe: live.observe,
    close: live.close,
  }
}

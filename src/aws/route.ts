/** Responsible for the URL path of the function of the redirect flow. Pure. */

/** Behind any stage. */
const ROUTE = /\/resizer?$/

/** True for a path of the function, like `/prod/resizer`. */
export const isRoute = (path: string): boolean => ROUTE.test(path)

/** Responsible for loading pages of photos. The API only knows the way forward, so the way back is remembered here. */
import type { Photos, PhotosQuery } from "../../api.ts"
import { type CallOptions, request } from "../lib/api-client.ts"

/** Photos on one page: whole rows for most numbers of columns. */
const PAGE_LENGTH = 60

/** `after` of the page before each page that this tab has seen, by prefix and `after`. */
const before = new Map<string, string>()

/** Loads one page. @throws {Error} see `toProblem` */
export const loadPage = async (
  { prefix = "", after = "" }: Pick<PhotosQuery, "prefix" | "after">,
  options: CallOptions,
): Promise<Photos> => {
  const page = await request("GET photos", { prefix, after, limit: PAGE_LENGTH }, options)
  if (page.next !== undefined) before.set(`${prefix}\n${page.next}`, after)
  return page
}

/** `after` of the previous page, "" for the first one; undefined if it was not seen. */
export const previousPage = (prefix: string, after: string): string | undefined => before.get(`${prefix}\n${after}`)

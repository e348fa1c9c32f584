/**
 * Responsible for requests to the studio's API, by relative URLs.
 *
 * Invariants:
 * - A response of 401 shows the field for the token; every other error is thrown, see {@link toProblem}.
 */
import { signal, type Signal } from "@preact/signals"

import type { StudioError, StudioRoute, StudioRoutes } from "../../api.ts"

/** True while the page needs a token. */
export const needsToken: Signal<boolean> = signal(false)

/** An error of the API, or of the connection. */
export interface ApiProblem {
  /** 0 if there was no response. */
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint?: string | undefined
}

/** An error to throw, whose cause is the problem. */
export const problemError = (problem: ApiProblem): Error => new Error(problem.detail, { cause: problem })

const isApiProblem = (value: unknown): value is ApiProblem =>
  typeof value === "object" && value !== null && "code" in value && "detail" in value

/** Any thrown value as a problem that the page can show. */
export const toProblem = (error: unknown): ApiProblem => {
  if (error instanceof Error && isApiProblem(error.cause)) return error.cause
  return { status: 0, code: "page", detail: error instanceof Error ? error.message : String(error) }
}

/** The error in a response: its JSON, or a description of the status. */
export const readProblem = async (response: Response): Promise<ApiProblem> => {
  const { status, statusText } = response
  // HTTP/2 has no reason phrase.
  const fallback = { status, code: `http-${status}`, detail: statusText || `The server answered ${status}.` }
  try {
    const { code = fallback.code, detail = fallback.detail, hint } = (await response.json()) as Partial<StudioError>
    return { status, code, detail, hint }
  } catch {
    return fallback
  }
}

/** Options of one request. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

type JsonRoute = { [R in StudioRoute]: StudioRoutes[R]["response"] extends string ? never : R }[StudioRoute]
type PictureRoute = "POST draft" | "POST reference"

const toQuery = (values: object): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== "") query.set(name, String(value))
  const text = query.toString()
  return text && `?${text}`
}

const send = async (
  route: StudioRoute,
  values: object | undefined,
  { signal: abort }: CallOptions,
): Promise<Response> => {
  const [method = "GET", path = ""] = route.split(" ")
  const isQuery = method === "GET"
  const response = await fetch(`api/${path}${isQuery && values ? toQuery(values) : ""}`, {
    method,
    ...(!isQuery && { body: JSON.stringify(values ?? {}), headers: { "content-type": "application/json" } }),
    ...(abort && { signal: abort }),
  }).catch((error: unknown) => {
    if (abort?.aborted) throw error
    const detail = "The server did not answer."
    throw problemError({ status: 0, code: "offline", detail, hint: "Check that it is running, then try again." })
  })
  if (response.ok) return response
  if (response.status === 401 && route !== "POST session") needsToken.value = true
  throw problemError(await readProblem(response))
}

/**
 * Sends a request and returns its JSON; undefined for an empty response.
 * @throws {Error} see {@link toProblem}
 * @example
 * await request("GET photos", { prefix: "shop/" }) // { folders, photos, next }
 */
export const request = async <R extends JsonRoute>(
  route: R,
  values?: StudioRoutes[R]["request"],
  options: CallOptions = {},
): Promise<StudioRoutes[R]["response"]> => {
  const response = await send(route, values, options)
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as StudioRoutes[R]["response"]
}

/** A picture that only this page has. The caller revokes its URL. */
export interface Picture {
  /** `blob:` URL. */
  readonly url: string
  readonly blob: Blob
  readonly width: number
  readonly height: number
  readonly byteLength: number
  readonly renderMs: number
  readonly format: string
}

/** Requests a draft or a reference. @throws {Error} see {@link toProblem} */
export const requestPicture = async <R extends PictureRoute>(
  route: R,
  values: StudioRoutes[R]["request"],
  options: CallOptions = {},
): Promise<Picture> => {
  const response = await send(route, values, options)
  const blob = await response.blob()
  const numberOf = (name: string): number => Number(response.headers.get(`imgtailor-${name}`))
  return {
    url: URL.createObjectURL(blob),
    blob,
    width: numberOf("width"),
    height: numberOf("height"),
    byteLength: blob.size,
    renderMs: numberOf("render-ms"),
    format: response.headers.get("imgtailor-format") ?? blob.type.replace("image/", ""),
  }
}

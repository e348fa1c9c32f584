/**
 * Responsible for fetching descriptions of originals. A build requests those of all its photos at once, and a server renders only some at
 * once: requests wait in a few lines, and a busy server gets the request again after the time that it names.
 */
import type { Info } from "../sizes/info.ts"

/** The latest request of each line; the line that got one last is the last. */
const lines: Promise<unknown>[] = Array(8).fill(Promise.resolve())

const fetchNow = async (url: string, init: RequestInit | undefined, retries = 5): Promise<Info> => {
  const response = await fetch(url, init)
  if (response.ok) return response.json() as Promise<Info>
  const seconds = Number(response.headers.get("retry-after"))
  if (!(seconds && retries)) throw new Error(await response.text(), { cause: response.status })
  await new Promise((done) => setTimeout(done, seconds * 1000))
  return fetchNow(url, init, retries - 1)
}

/** @throws {Error} with the server's message if the response is an error, and its status as `cause` */
export const fetchInfo = (url: string, init?: RequestInit): Promise<Info> => {
  const info = (lines.shift() as Promise<unknown>).then(() => fetchNow(url, init))
  lines.push(info.catch(() => {}))
  return info
}

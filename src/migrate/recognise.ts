/** Responsible for recognising URLs of other services among all URLs of a log: by host, by path, or because one service was named. */
import { SERVICE_NAMES, type ServiceName } from "../compat/names.ts"
import type { RequestedImage } from "../compat/service.ts"
import { createServices, type Keys, serviceOfHost } from "../compat/services.ts"
import type { Refusal } from "../sizes/decode-path.ts"
import { formatOfName } from "../sizes/format.ts"
import { splitKey } from "../sizes/key.ts"
import type { FoundUrl } from "./read-urls.ts"

/** A URL of a service, and what it requests. */
export interface Recognised {
  readonly name: ServiceName
  readonly image: RequestedImage | Refusal
}

/** Undefined for a URL of no service. */
export type Recognise = (url: FoundUrl) => Recognised | undefined

/** A URL without an image extension is one of an image only if its query resizes. */
const RESIZES = /(?:^|&)(?:w|h|width|height|resize|fit|tr|fm|auto|class|lb|letterbox)=/

/**
 * Loads the services.
 * @param names services to look for, the first first; all if there are none. URLs that are originals with a query (imgix, Bunny, …) are
 * recognised on other hosts than the service's own only if it is named
 */
export const createRecognise = async (names: readonly ServiceName[], keys: Keys = {}): Promise<Recognise> => {
  const wanted = names.length > 0 ? names : SERVICE_NAMES
  const services = createServices(wanted, keys)
  const parsers = new Map(await Promise.all(wanted.map(async (name) => [name, await services.load(name)] as const)))
  const open = names.length > 0 ? services.forQueries : undefined
  const nameOf = (path: string, query: string, host: string | undefined): ServiceName | undefined => {
    const ofHost = host === undefined ? undefined : serviceOfHost(host)
    if (ofHost && parsers.has(ofHost)) return ofHost
    const isImage = formatOfName(splitKey(path).file) !== undefined || RESIZES.test(query)
    return services.ofPath(path) ?? (isImage ? open : undefined)
  }
  return ({ target, host }) => {
    const at = target.indexOf("?")
    const path = at < 0 ? target : target.slice(0, at)
    const query = at < 0 ? "" : target.slice(at + 1)
    const name = nameOf(path, query, host)
    const image = name && parsers.get(name)?.({ path, query, host })
    return name && image ? { name, image } : undefined
  }
}

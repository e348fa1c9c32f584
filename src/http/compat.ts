/**
 * Responsible for URLs of other services (`compat`): to the URL of a listed rendition.
 *
 * Invariants:
 * - These URLs reach nothing that imgtailor's own do not: each resolves through the path of a listed rendition.
 * - A URL of imgtailor keeps its meaning, except below the paths that an accepted service has for itself.
 */
import { chooseSize } from "../compat/choose-size.ts"
import type { ServiceName } from "../compat/names.ts"
import type { RequestedImage, ServiceUrl } from "../compat/service.ts"
import { createServices, type Keys, SERVICES } from "../compat/services.ts"
import { createFindOriginal, type FindOriginal, type Origins } from "../compat/source.ts"
import type { Refusal } from "../sizes/decode-path.ts"
import { type Format, formatOfName } from "../sizes/format.ts"
import { encodeKey, formatKey, formatsOf, type Grammar, type OriginalKey, splitKey } from "../sizes/key.ts"
import { asAlias, refuseLong, resolveUrlPath, type ResolvedUrl, withoutQuery } from "./url-path.ts"

/** Which services are accepted, and what their URLs mean. */
export interface CompatOptions {
  /** In the order in which they are tried. */
  readonly compat: readonly ServiceName[]
  readonly compatOrigins: Origins
  readonly compatKeys: Keys
}

/** Resolves a raw request target, or says why it cannot. */
export type ResolveTarget = (target: string, accept: string | undefined) => Promise<ResolvedUrl | Refusal>

/** Longest options of a service's URL, with the host of the original, in characters. */
const MAX_OPTIONS = 2048

const toServiceUrl = (target: string, basePath: string): ServiceUrl => {
  const path = withoutQuery(target)
  return {
    // Pages can have the URLs of a service at the root although imgtailor's own are below a base path.
    path: basePath && path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : path,
    query: target.slice(path.length + 1),
  }
}

/** A request for the original's own format is not negotiated. */
const hasOwnFormat = (original: string, format: Format | undefined): boolean =>
  format !== undefined && formatOfName(splitKey(original).file) === format

const resolveImage = (
  image: RequestedImage,
  accept: string | undefined,
  grammar: Grammar,
  { find, basePath }: { readonly find: FindOriginal; readonly basePath: string },
): ResolvedUrl | Refusal => {
  const original = find(image)
  if (typeof original !== "string") return original
  const size = chooseSize(image, grammar)
  if ("refused" in size) return size
  const isOwnFormat = hasOwnFormat(original, image.format)
  const format = !isOwnFormat && formatsOf(size, grammar).find((one) => one === image.format)
  const key = formatKey({ original: original as OriginalKey, size, format: format || undefined })
  const resolved = resolveUrlPath(`${basePath}/${encodeKey(key)}`, isOwnFormat ? undefined : accept, basePath, grammar)
  if ("refused" in resolved) return resolved
  return asAlias({ ...resolved, isNegotiated: resolved.isNegotiated && !isOwnFormat }, basePath)
}

const withExample = (refusal: Refusal, name: ServiceName, basePath: string): Refusal => ({
  ...refusal,
  hint: refusal.hint ?? `Expected a URL like ${basePath}${SERVICES[name].example}.`,
})

/**
 * Resolves URLs of imgtailor and of services. The code of a service is loaded with its first URL.
 * @param own resolves URLs of imgtailor
 */
export const createCompatResolve = (
  own: typeof resolveUrlPath,
  grammar: Grammar,
  { basePath, compat, compatOrigins, compatKeys }: CompatOptions & { readonly basePath: string },
): ResolveTarget => {
  const services = createServices(compat, compatKeys)
  const find = createFindOriginal(compatOrigins)
  const resolveAs = async (
    name: ServiceName,
    target: string,
    accept: string | undefined,
  ): Promise<ResolvedUrl | Refusal | undefined> => {
    const tooLong = refuseLong(target, basePath.length + MAX_OPTIONS, grammar)
    if (tooLong) return tooLong
    const parse = await services.load(name)
    const image = parse(toServiceUrl(target, basePath))
    if (!image) return undefined
    const resolved = "refused" in image ? image : resolveImage(image, accept, grammar, { find, basePath })
    return "refused" in resolved ? withExample(resolved, name, basePath) : resolved
  }
  return async (target, accept) => {
    const named = services.ofPath(toServiceUrl(target, basePath).path)
    if (named) return (await resolveAs(named, target, accept)) ?? own(withoutQuery(target), accept, basePath, grammar)
    const resolved = own(withoutQuery(target), accept, basePath, grammar)
    const other = "refused" in resolved ? services.forQueries : undefined
    return other === undefined ? resolved : ((await resolveAs(other, target, accept)) ?? resolved)
  }
}

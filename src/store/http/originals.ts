/**
 * Responsible for originals on a server of HTTP: a shop's web server, a CMS, a bucket behind a CDN. They are only read.
 *
 * Invariants:
 * - An original whose version a response does not tell is read, and its digest is the version.
 * - A refused original counts as absent and is reported. If originals that were read before are refused too, the server is unavailable.
 * - A missing original counts as deleted only while another one that was read before is still there, or if the server answers 410.
 */
import { createHash } from "node:crypto"

import { badConfig, codeOf, describeError } from "../../errors.ts"
import { decodeContent } from "../content-encoding.ts"
import {
  type CallOptions,
  type GetOptions,
  type HeadOptions,
  isSafeKey,
  type OriginalObject,
  type Originals,
  type OriginalStat,
  type StoreProblem,
} from "../store.ts"
import { isSuccess, type Reply } from "../transport.ts"
import { isFound } from "./client.ts"
import { type HttpOriginalsOptions } from "./options.ts"
import { parseHttpUrl } from "./place.ts"
import { createReader, type Reader } from "./reader.ts"
import { conditionsOf, declaredLength, toStat, validatorsIn } from "./validators.ts"

const digestOf = (bytes: Uint8Array): string => `sha256-${createHash("sha256").update(bytes).digest("base64url")}`

/** A cache in front of the server would answer with its copy. */
const NO_CACHE = { "cache-control": "no-cache" }

const get = async (
  { client, absentOr, remember }: Reader,
  key: string,
  { maxBytes = Infinity, signal }: GetOptions,
): Promise<OriginalObject | undefined> => {
  if (!isSafeKey(key)) return undefined
  const reply = await client.send({ method: "GET", key, maxBytes }, { signal })
  if (!isSuccess(reply.status)) return absentOr(reply, key, { signal })
  const bytes = await decodeContent(reply.body, reply.headers["content-encoding"], maxBytes)
  const validators = validatorsIn(reply.headers, bytes.length)
  remember(key, validators)
  const stat = validators
    ? toStat(validators, reply.headers.date)
    : { version: digestOf(bytes), byteLength: bytes.length, isStable: true }
  return { stat, bytes }
}

const head = async (
  reader: Reader,
  key: string,
  { fresh: isFresh = false, signal }: HeadOptions,
): Promise<OriginalStat | undefined> => {
  if (!isSafeKey(key)) return undefined
  const { look, absentOr, remember } = reader
  const before = reader.validatorsOf(key)
  const conditions = { ...(before && conditionsOf(before)), ...(isFresh && NO_CACHE) }
  const { status, headers, body } = await look({ key, headers: conditions }, { signal })
  if (status === 304 && before) {
    remember(key, before)
    return toStat(before, headers.date)
  }
  if (!isSuccess(status)) return absentOr({ status, headers, body }, key, { signal })
  const byteLength = declaredLength(headers)
  const isWhole = byteLength !== undefined && headers["content-encoding"] === undefined
  const validators = isWhole ? validatorsIn(headers, byteLength) : undefined
  if (!validators) return (await get(reader, key, { maxBytes: reader.maxBytes, signal }))?.stat
  remember(key, validators)
  return toStat(validators, headers.date)
}

const isGone = async ({ look, others }: Reader, key: string, options: CallOptions): Promise<boolean> => {
  if (!isSafeKey(key)) return false
  const lookNow = (name: string): Promise<Reply> => look({ key: name, headers: NO_CACHE }, options)
  try {
    const { status } = await lookNow(key)
    if (status !== 404) return status === 410
    for (const other of others(key)) if (isFound(await lookNow(other))) return true
    return false
  } catch {
    options.signal?.throwIfAborted()
    return false
  }
}

const check = async ({ look }: Reader, base: string, options: CallOptions): Promise<StoreProblem | undefined> => {
  try {
    await look({ key: "" }, options)
    return undefined
  } catch (error) {
    options.signal?.throwIfAborted()
    const cause = (error instanceof Error && error.cause) || error
    return { message: `Cannot use ${base}: ${describeError(cause)}`, isPermanent: codeOf(error) === "store-denied" }
  }
}

/** HTTP has no listing. */
async function* listNothing(
  { notifyOnce }: Reader,
  base: string,
  onSkip: ((message: string) => void) | undefined,
): AsyncIterable<string> {
  const text = `${base} cannot be listed. Name its originals one by one.`
  if (onSkip) onSkip(text)
  else notifyOnce("list", text)
  yield* []
}

/**
 * Originals on a server of HTTP. A request never chooses the host: it is that of `baseUrl`, also after a redirect.
 * @throws {bad-config} for a malformed `baseUrl`
 * @example
 * createTailor({ originals: httpOriginals({ baseUrl: "https://cms.example.com/media" }), sizes: ["360x270"], recheckSeconds: 60 })
 */
export const httpOriginals = (options: HttpOriginalsOptions): Originals => {
  const base = parseHttpUrl(options.baseUrl)
  if (base === undefined) {
    const found = JSON.stringify(options.baseUrl)
    throw badConfig([`baseUrl: Expected a URL like https://cms.example.com/media, got ${found}.`])
  }
  const reader = createReader(base, options)
  return {
    name: "http",
    head: (key, headOptions = {}) => head(reader, key, headOptions),
    get: (key, getOptions = {}) => get(reader, key, getOptions),
    list: (_, { onSkip } = {}) => listNothing(reader, base, onSkip),
    isGone: (key, callOptions = {}) => isGone(reader, key, callOptions),
    check: (callOptions = {}) => check(reader, base, callOptions),
  }
}

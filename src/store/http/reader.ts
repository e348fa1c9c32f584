/** Responsible for lookups of originals on a server of HTTP, and for what is remembered about them. */
import { storeUnavailable } from "../../errors.ts"
import { createLru } from "../../lru.ts"
import { DEFAULT_RETRIES, DEFAULT_TIMEOUTS } from "../bounded-call.ts"
import { createNotices, type NotifyOnce } from "../notices.ts"
import type { CallOptions } from "../store.ts"
import type { Reply } from "../transport.ts"
import { createWitnesses } from "../witnesses.ts"
import { createClient, describeRefusal, type HttpCall, type HttpClient, isAbsent, isFound } from "./client.ts"
import type { HttpOriginalsOptions } from "./options.ts"
import type { Validators } from "./validators.ts"

/** Originals whose validators are remembered, some hundred bytes each. */
const MAX_KNOWN = 20_000

const MAX_BYTES = 100_000_000

/** For lookups on servers that do not support HEAD. */
const FIRST_BYTE = { range: "bytes=0-0" }

/** Looks originals up. */
export interface Reader {
  readonly client: HttpClient
  /** Largest original that is read to find its version. */
  readonly maxBytes: number
  /** Requests the headers of an original. */
  readonly look: (call: Omit<HttpCall, "method">, options: CallOptions) => Promise<Reply>
  /** Undefined if the original counts as absent. @throws {store-unavailable} if others are refused too */
  readonly absentOr: (reply: Reply, key: string, options: CallOptions) => Promise<undefined>
  /** Call for each original that was found. */
  readonly remember: (key: string, validators: Validators | undefined) => void
  readonly validatorsOf: (key: string) => Validators | undefined
  /** Originals that were found lately, except this one. */
  readonly others: (key: string) => readonly string[]
  readonly notifyOnce: NotifyOnce
}

type Look = Reader["look"]

const isHeadUnsupported = ({ status }: Reply): boolean => status === 405 || status === 501

const createLook = (client: HttpClient, maxBytes: number): Look => {
  let hasHead = true
  return async (call, options) => {
    if (hasHead) {
      const reply = await client.send({ method: "HEAD", ...call }, options)
      if (!isHeadUnsupported(reply)) return reply
      hasHead = false
    }
    const headers = { ...call.headers, ...FIRST_BYTE }
    const reply = await client.send({ method: "GET", maxBytes, ...call, headers }, options)
    // An empty original has no first byte.
    return reply.status === 416 ? client.send({ method: "GET", maxBytes, ...call }, options) : reply
  }
}

/** @param base without a slash at its end */
export const createReader = (base: string, options: HttpOriginalsOptions): Reader => {
  const { headers = {}, maxBytes = MAX_BYTES, onNotice } = options
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts }
  const client = createClient({ base, headers, timeouts, retries: { ...DEFAULT_RETRIES, ...options.retries } })
  const look = createLook(client, maxBytes)
  const known = createLru<Validators>(MAX_KNOWN)
  const notifyOnce = createNotices(onNotice)
  const witnesses = createWitnesses(async (key) => {
    const reply = await look({ key }, {})
    return !isFound(reply) && !isAbsent(reply)
  })

  const absentOr: Reader["absentOr"] = async (reply, key, callOptions) => {
    known.delete(key)
    if (isAbsent(reply)) return undefined
    const [name, refusal] = [client.nameOf(key), describeRefusal(reply)]
    if (await witnesses.areAllRefused(key, callOptions))
      throw storeUnavailable("http", name, `${refusal}. Originals that could be read before are refused too.`)
    notifyOnce("refused", `${name} is not used: the server answered ${refusal}.`)
    return undefined
  }

  return {
    client,
    maxBytes,
    look,
    absentOr,
    remember: (key, validators) => {
      witnesses.add(key)
      if (validators) known.set(key, validators)
      else known.delete(key)
    },
    validatorsOf: (key) => known.get(key),
    others: witnesses.others,
    notifyOnce,
  }
}

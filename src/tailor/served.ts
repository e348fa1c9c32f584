/** Responsible for the result of a request: a rendition, and the decision that led to it. */
import type { Reading } from "../sizes/key.ts"
import type { RenditionObject } from "../store/store.ts"
import { type Decision, subjectOf } from "./decision.ts"
import type { SharedResult } from "./miss.ts"

/** A rendition to send, and how it was found. */
export interface ServedRendition extends RenditionObject {
  readonly decision: Decision
}

const UNTIMED: Decision["timings"] = {}

/** All hits of one reading have the same decision. */
const hits = new WeakMap<Reading, Decision>()

/** A stored rendition that is fresh. */
export const toHit = (reading: Reading, { meta, byteLength, body }: RenditionObject): ServedRendition => {
  let decision = hits.get(reading)
  if (!decision) {
    decision = { ...subjectOf(reading), outcome: "hit", reason: "stored and fresh", timings: UNTIMED }
    hits.set(reading, decision)
  }
  return { meta, byteLength, body, decision }
}

/** A stored rendition whose original cannot be looked at. @param cause the error of the originals' store */
export const toUnverified = (reading: Reading, stored: RenditionObject, cause: unknown): ServedRendition => {
  const { meta, byteLength, body } = stored
  const reason = "stored; the originals' store cannot be reached to compare it"
  const decision: Decision = {
    ...subjectOf(reading),
    outcome: "hit",
    reason,
    isUnverified: true,
    timings: UNTIMED,
    cause,
  }
  return { meta, byteLength, body, decision }
}

/** A stored rendition of the present original by an older recipe. */
export const toOutdated = (reading: Reading, { meta, byteLength, body }: RenditionObject): ServedRendition => {
  const reason = "stored, by an older recipe; rendered again in the background"
  const decision: Decision = { ...subjectOf(reading), outcome: "hit", reason, isOutdated: true, timings: UNTIMED }
  return { meta, byteLength, body, decision }
}

const decisionOf = (reading: Reading, result: SharedResult, isStale: boolean): Decision => {
  const { isRevalidated, isFirst, originalInfo, output, timings, storeFailure } = result
  const whyRendered = isStale ? "stored, but stale" : "not stored"
  return {
    ...subjectOf(reading),
    outcome: isRevalidated ? "hit" : isFirst ? "miss" : "coalesced",
    reason: isRevalidated ? "stored, and proved fresh by the bytes of the original" : whyRendered,
    isStale,
    ...(originalInfo && { originalInfo }),
    ...(output && { output }),
    timings,
    // One write failed, however many requests waited for it.
    ...(isFirst && storeFailure !== undefined && { storeFailure }),
  }
}

/** The result of a render. @param isStale a stored rendition was stale */
export const toRendered = (reading: Reading, result: SharedResult, isStale: boolean): ServedRendition => {
  const { meta, bytes } = result
  return { meta, byteLength: bytes.length, body: bytes, decision: decisionOf(reading, result, isStale) }
}

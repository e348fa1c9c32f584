/** Responsible for the `traceparent` header (W3C Trace Context §3.2): which values are valid. */

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** The header's value, if it is valid. An invalid one is ignored, as the standard demands. */
export const validTraceparent = (value: string | undefined): string | undefined =>
  value !== undefined && TRACEPARENT.test(value) ? value : undefined

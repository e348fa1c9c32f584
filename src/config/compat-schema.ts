/** Responsible for validating the settings about URLs of other services. */
import * as v from "valibot"

import { SERVICE_NAMES } from "../compat/names.ts"
import { toOriginalKey } from "../sizes/key.ts"

const isPrefix = (text: string): boolean => text === "" || toOriginalKey(text.replace(/\/$/, "")) !== undefined

/** `shop.example.com`, `shop.example.com/media`, `s3://bucket` or `/media`. */
const PLACE = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/\s?#@]*(?:\/[^/\s?#]+)*\/?$/i

const originsSchema = v.pipe(
  v.custom<Readonly<Record<string, string>>>(
    (input) => typeof input === "object" && input !== null && !Array.isArray(input),
    "Expected places with prefixes, like shop.example.com=shop/",
  ),
  v.record(
    v.pipe(v.string(), v.regex(PLACE, "Expected a host like shop.example.com, or a URL path like /media")),
    v.pipe(v.string(), v.check(isPrefix, "Expected a prefix of keys like shop/, or an empty one")),
  ),
)

const HEX_PAIR = /^(?:[0-9a-f]{2})+:(?:[0-9a-f]{2})*(?::(?:[1-9]|[12]\d|3[0-2]))?$/i

const keysSchema = v.strictObject(
  {
    thumbor: v.optional(v.pipe(v.string(), v.nonEmpty("Expected a key"))),
    imgproxy: v.optional(
      v.pipe(v.string(), v.regex(HEX_PAIR, "Expected a key and a salt in hex, like 6b6579:73616c74")),
    ),
  },
  "Expected keys of thumbor or imgproxy, like thumbor=MY_SECURE_KEY",
)

/** Entries for the schema of all options. */
export const COMPAT_ENTRIES: v.ObjectEntries = {
  compat: v.optional(v.array(v.picklist(SERVICE_NAMES), "Expected a list")),
  compatOrigins: v.optional(originsSchema),
  compatKeys: v.optional(keysSchema),
}

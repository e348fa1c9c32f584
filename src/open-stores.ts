/** Responsible for the stores of a configuration: opened, observed, and with the settings that change what they contain. */
import type { TailorConfig } from "./config/options.ts"
import type { Notify } from "./hooks.ts"
import { excludedOriginals } from "./store/excluded.ts"
import { withExtraOriginal } from "./store/extra-original.ts"
import { focalOriginals } from "./store/focal-originals.ts"
import type { FocalSource } from "./store/focal-points.ts"
import { findFocalPoints, openFocalPoints } from "./store/focal-source.ts"
import { type Observed, observeOriginals, observeRenditions } from "./store/observed.ts"
import { recheckedOriginals } from "./store/rechecked.ts"
import { openRenditions } from "./store/registry.ts"
import { isSourceList, openSources } from "./store/sources.ts"
import type { Originals, Renditions } from "./store/store.ts"

/** The stores of a tailor. */
export interface OpenStores {
  readonly originals: Observed<Originals>
  readonly renditions: Observed<Renditions>
  readonly focal: FocalSource | undefined
}

/** Opens the stores. Their code is loaded with the first call. */
export const openStores = (config: TailorConfig, notify: Notify): OpenStores => {
  const { originals, originalsHeaders, renditions, exclude, grammar, cacheControl, limits, s3, focalPoints } = config
  const onNotice = (text: string): void => notify(text, "warn")
  const options = { ...s3, originalsHeaders, maxBytes: limits.bytes, deadlineMs: limits.deadlineMs, onNotice }
  const isShared = grammar.sharedStore && originals === renditions
  const observed = observeOriginals(openSources(originals, options), Date.now)
  // Several sources reuse lookups each for itself.
  const recheckSeconds = isSourceList(originals) ? 0 : config.recheckSeconds
  const focal =
    typeof focalPoints === "string"
      ? openFocalPoints(focalPoints, { store: options, seconds: config.focalSeconds, onNotice })
      : undefined
  return {
    focal,
    originals: {
      ...observed,
      store: withExtraOriginal(
        focalOriginals(
          excludedOriginals(recheckedOriginals(observed.store, recheckSeconds), exclude),
          typeof focalPoints === "string" ? focal && findFocalPoints(focal) : focalPoints,
        ),
        config.missing,
      ),
    },
    renditions: observeRenditions(
      typeof renditions === "string" ? openRenditions(renditions, { ...options, isShared, cacheControl }) : renditions,
      Date.now,
    ),
  }
}

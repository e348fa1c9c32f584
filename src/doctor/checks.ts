/**
 * Responsible for the tables of checks. Adding a check: a file in checks/, and one entry here.
 *
 * The order is that of the output: causes come before their consequences.
 */
import type { Check } from "./check.ts"
import { descriptors } from "./checks/local/descriptors.ts"
import { fileClock } from "./checks/local/file-clock.ts"
import { fileWatches } from "./checks/local/file-watches.ts"
import { foldersReadable } from "./checks/local/folders-readable.ts"
import { freeSpace } from "./checks/local/free-space.ts"
import { isolation } from "./checks/local/isolation.ts"
import { listDoubles } from "./checks/local/list-doubles.ts"
import { listDuplicates } from "./checks/local/list-duplicates.ts"
import { listOversized } from "./checks/local/list-oversized.ts"
import { listRetired } from "./checks/local/list-retired.ts"
import { memory } from "./checks/local/memory.ts"
import { nameCase } from "./checks/local/name-case.ts"
import { nginxList } from "./checks/local/nginx-list.ts"
import { nginxRoot } from "./checks/local/nginx-root.ts"
import { nginxWatch } from "./checks/local/nginx-watch.ts"
import { originalsFound } from "./checks/local/originals-found.ts"
import { originalsNetwork } from "./checks/local/originals-network.ts"
import { originalsReadable } from "./checks/local/originals-readable.ts"
import { processor } from "./checks/local/processor.ts"
import { proxyVariables } from "./checks/local/proxy-variables.ts"
import { renders } from "./checks/local/renders.ts"
import { renditionsFileSystem } from "./checks/local/renditions-file-system.ts"
import { renditionsWritable } from "./checks/local/renditions-writable.ts"
import { s3Clock } from "./checks/local/s3-clock.ts"
import { s3OriginalsGet } from "./checks/local/s3-originals-get.ts"
import { s3OriginalsList } from "./checks/local/s3-originals-list.ts"
import { s3OriginalsMissing } from "./checks/local/s3-originals-missing.ts"
import { s3Region } from "./checks/local/s3-region.ts"
import { s3RenditionsDelete } from "./checks/local/s3-renditions-delete.ts"
import { s3RenditionsGet } from "./checks/local/s3-renditions-get.ts"
import { s3RenditionsPut } from "./checks/local/s3-renditions-put.ts"
import { threads } from "./checks/local/threads.ts"
import { pageBroken } from "./checks/page/page-broken.ts"
import { pageDensity } from "./checks/page/page-density.ts"
import { pageDescriptors } from "./checks/page/page-descriptors.ts"
import { pageDimensions } from "./checks/page/page-dimensions.ts"
import { pageImages } from "./checks/page/page-images.ts"
import { pageLazy } from "./checks/page/page-lazy.ts"
import { pageRatio } from "./checks/page/page-ratio.ts"
import { pageSizes } from "./checks/page/page-sizes.ts"
import { pageUnlisted } from "./checks/page/page-unlisted.ts"
import { pageWaste } from "./checks/page/page-waste.ts"
import { accept } from "./checks/remote/accept.ts"
import { cacheLife } from "./checks/remote/cache-life.ts"
import { cacheTag } from "./checks/remote/cache-tag.ts"
import { cors } from "./checks/remote/cors.ts"
import { dimensions } from "./checks/remote/dimensions.ts"
import { errorLifetimes } from "./checks/remote/error-lifetimes.ts"
import { escapedName } from "./checks/remote/escaped-name.ts"
import { functionUrl } from "./checks/remote/function-url.ts"
import { head } from "./checks/remote/head.ts"
import { health } from "./checks/remote/health.ts"
import { hostileUrls } from "./checks/remote/hostile-urls.ts"
import { hsts } from "./checks/remote/hsts.ts"
import { info } from "./checks/remote/info.ts"
import { largeResponse } from "./checks/remote/large-response.ts"
import { listVersion } from "./checks/remote/list-version.ts"
import { methods } from "./checks/remote/methods.ts"
import { missThenHit } from "./checks/remote/miss-then-hit.ts"
import { missingOriginal } from "./checks/remote/missing-original.ts"
import { nosniff } from "./checks/remote/nosniff.ts"
import { notModified } from "./checks/remote/not-modified.ts"
import { originalsPrivate } from "./checks/remote/originals-private.ts"
import { publishedList } from "./checks/remote/published-list.ts"
import { query } from "./checks/remote/query.ts"
import { range } from "./checks/remote/range.ts"
import { removedPhoto } from "./checks/remote/removed-photo.ts"
import { replacedPhoto } from "./checks/remote/replaced-photo.ts"
import { unlistedSize } from "./checks/remote/unlisted-size.ts"
import type { LocalContext } from "./local-context.ts"
import type { PageContext } from "./page-context.ts"
import type { RemoteContext } from "./remote-context.ts"

/** Checks of this machine and its configuration. */
export const LOCAL_CHECKS: readonly Check<LocalContext>[] = [
  processor,
  renders,
  memory,
  threads,
  isolation,
  descriptors,
  originalsReadable,
  originalsFound,
  foldersReadable,
  originalsNetwork,
  nameCase,
  renditionsWritable,
  renditionsFileSystem,
  freeSpace,
  fileClock,
  fileWatches,
  s3Region,
  s3Clock,
  s3OriginalsList,
  s3OriginalsGet,
  s3OriginalsMissing,
  s3RenditionsGet,
  s3RenditionsPut,
  s3RenditionsDelete,
  proxyVariables,
  listDuplicates,
  listDoubles,
  listOversized,
  listRetired,
  nginxList,
  nginxRoot,
  nginxWatch,
]

/** Checks of a server from outside. */
export const REMOTE_CHECKS: readonly Check<RemoteContext>[] = [
  publishedList,
  listVersion,
  health,
  missThenHit,
  dimensions,
  head,
  escapedName,
  missingOriginal,
  errorLifetimes,
  unlistedSize,
  hostileUrls,
  accept,
  notModified,
  range,
  query,
  info,
  methods,
  largeResponse,
  cacheLife,
  cors,
  nosniff,
  hsts,
  cacheTag,
  originalsPrivate,
  functionUrl,
  replacedPhoto,
  removedPhoto,
]

/** Checks of a page. */
export const PAGE_CHECKS: readonly Check<PageContext>[] = [
  pageImages,
  pageBroken,
  pageUnlisted,
  pageDescriptors,
  pageSizes,
  pageLazy,
  pageDimensions,
  pageRatio,
  pageDensity,
  pageWaste,
]

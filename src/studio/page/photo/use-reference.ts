/** Responsible for the lossless reference of one size of a photo. */
import type { Photo } from "../../api.ts"
import { type Picture, requestPicture } from "../lib/api-client.ts"
import type { Load } from "../lib/use-load.ts"
import { usePicture } from "./use-picture.ts"

/** The reference, which the server renders for this page and never stores. Undefined loads nothing. */
export const useReference = ({ key, version }: Photo, size: string | undefined): Load<Picture> =>
  usePicture(size && `${version} ${key} ${size}`, (signal) =>
    requestPicture("POST reference", { key, size: size ?? "" }, { signal }),
  )

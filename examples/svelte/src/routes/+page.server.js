import { photos } from "$lib/photos.js"

export const prerender = true

const ORIGINALS = (process.env.PHOTOS ?? "bowl-2077/front.jpg,vase-1042/front.jpg").split(",")

/** A photo that the server cannot describe does not fail the build: it is displayed without its dimensions. */
const describe = async (original) => ({ original, info: await photos.info(original).catch(() => undefined) })

export const load = async () => ({ gallery: await Promise.all(ORIGINALS.map(describe)) })

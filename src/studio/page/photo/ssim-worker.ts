/** Entry point of the worker that compares pictures, so that the page stays responsive. */
import { ssim } from "ssim.js"

/** Two pictures of the same dimensions. */
export interface SsimTask {
  readonly id: number
  readonly pictures: readonly [Blob, Blob]
}

/** Mean SSIM, 0 to 1; absent if a picture could not be decoded, or the dimensions differ. */
export interface SsimResult {
  readonly id: number
  readonly value?: number | undefined
}

/** Both are drawn over white, so that transparent pixels are equal. */
const pixelsOf = async (blob: Blob): Promise<ImageData> => {
  const bitmap = await createImageBitmap(blob)
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
  const context = canvas.getContext("2d")
  if (!context) throw new Error("The browser has no canvas in workers.")
  context.fillStyle = "#fff"
  context.fillRect(0, 0, bitmap.width, bitmap.height)
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

const compare = async ({ id, pictures: [a, b] }: SsimTask): Promise<SsimResult> => {
  try {
    const [first, second] = [await pixelsOf(a), await pixelsOf(b)]
    if (first.width !== second.width || first.height !== second.height) return { id }
    return { id, value: ssim(first, second, { downsample: false }).mssim }
  } catch {
    return { id }
  }
}

addEventListener("message", ({ data }: MessageEvent<SsimTask>) => {
  void compare(data).then((result) => postMessage(result))
})

/**
 * Responsible for names of photos that other image services could not serve, and requests that went wrong there: public bug reports about
 * escapes, signs, letters of other scripts, names like sizes, and paths that leave the folder.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"

import sharp from "sharp"

/** A photo, and the path segments before and after the size that request it. */
export interface NamedPhoto {
  readonly key: string
  /** Raw spellings of the same URL: `{size}` stands for the size. */
  readonly urls: readonly string[]
}

export const NAMED_PHOTOS: readonly NamedPhoto[] = [
  { key: "3js%205-x.jpg", urls: ["{size}/3js%25205-x.jpg"] },
  { key: "1732_test%image.jpg", urls: ["{size}/1732_test%25image.jpg"] },
  { key: "a+b.jpg", urls: ["{size}/a+b.jpg", "{size}/a%2Bb.jpg"] },
  { key: "a b.jpg", urls: ["{size}/a%20b.jpg"] },
  { key: "A file+name.jpg", urls: ["{size}/A%20file+name.jpg", "{size}/A%20file%2Bname.jpg"] },
  { key: "testbern [1]ått.jpeg", urls: ["{size}/testbern%20%5B1%5D%C3%A5tt.jpeg"] },
  { key: "caf\u00e9.jpg", urls: ["{size}/caf%C3%A9.jpg"] },
  { key: "cafe\u0301.jpg", urls: ["{size}/cafe%CC%81.jpg"] },
  { key: "中.jpg", urls: ["{size}/%E4%B8%AD.jpg"] },
  { key: "%E4%B8%AD.jpg", urls: ["{size}/%25E4%25B8%25AD.jpg"] },
  { key: "foo bär's (2).jpg", urls: ["{size}/foo%20b%C3%A4r's%20(2).jpg", "{size}/foo%20b%C3%A4r%27s%20%282%29.jpg"] },
  { key: "a/b.jpg", urls: ["a/{size}/b.jpg"] },
  { key: "a%2Fb.jpg", urls: ["{size}/a%252Fb.jpg"] },
  { key: "360x270/photo.jpg", urls: ["360x270/{size}/photo.jpg"] },
  { key: "480h.jpg", urls: ["{size}/480h.jpg"] },
  { key: "photos/1280w", urls: ["photos/{size}/1280w"] },
  { key: "IMG_1.JPG", urls: ["{size}/IMG_1.JPG"] },
  { key: "img_1.jpg", urls: ["{size}/img_1.jpg"] },
]

/** A size that changes no photo of the list, so that each has its own width. */
export const NAMED_SIZE = "1280w"

/** The width of each photo, different for all. */
export const widthOf = ({ key }: NamedPhoto): number => 40 + NAMED_PHOTOS.findIndex((photo) => photo.key === key)

/** The photo as a JPEG. */
export const paintNamed = (photo: NamedPhoto): Promise<Buffer> =>
  sharp({ create: { width: widthOf(photo), height: 30, channels: 3, background: "#3a7" } })
    .jpeg()
    .toBuffer()

/** Raw paths that must not be answered with a picture, and the statuses that are right. */
export const REJECTED_PATHS: readonly { readonly path: string; readonly statuses: readonly number[] }[] = [
  // The name with a space does not exist, and a broken escape is an error of the client.
  { path: "1280w/3js%205-x.jpg", statuses: [404] },
  { path: "480h/1732_test%image.jpg", statuses: [400] },
  // An escaped slash is no slash.
  { path: "480h/a%2Fb.jpg", statuses: [400, 404] },
  { path: "300%C3%97300/a.jpg", statuses: [400, 404] },
  { path: "360x270", statuses: [400, 404] },
  { path: "360x270/", statuses: [400, 404] },
  { path: "360x270//", statuses: [400, 404] },
  { path: "360x270/%2F", statuses: [400, 404] },
  { path: "360x270/.", statuses: [400, 404] },
  { path: "x/a.jpg", statuses: [400, 404] },
  { path: "360x270x1/a.jpg", statuses: [400, 404] },
  { path: "360x270/../photos-private/x.jpg", statuses: [400, 404] },
  { path: "360x270/%2e%2e%2fphotos-private/x.jpg", statuses: [400, 404] },
  { path: "360x270/..%5cphotos-private/x.jpg", statuses: [400, 404] },
  { path: "%252e%252e/360x270/x.jpg", statuses: [400, 404] },
  { path: "360x270/%2Fetc%2Fpasswd", statuses: [400, 404] },
]

/** Writes all photos into a folder. */
export const writePhotos = async (folder: string): Promise<void> => {
  for (const photo of NAMED_PHOTOS) {
    const path = join(folder, photo.key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, await paintNamed(photo))
  }
}

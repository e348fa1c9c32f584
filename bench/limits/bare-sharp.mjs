// The limit for a render in Node: one sharp call for each request, with imgtailor's encoder settings. GET /PHOTO?WIDTH&HEIGHT&FORMAT
import { createServer } from "node:http"
import { join } from "node:path"

import sharp from "sharp"

const [folder] = process.argv.slice(2)
sharp.cache(false)
sharp.concurrency(1)

const ENCODE = {
  jpeg: (image, width) => image.jpeg({ quality: 80, progressive: width <= 480 }),
  // Thumbnails of former versions.
  mozjpeg: (image) => image.jpeg({ quality: 80, mozjpeg: true }),
  webp: (image, width) => image.webp({ quality: width >= 1000 ? 84 : 80, effort: 2 }),
  avif: (image) => image.avif({ quality: 65, effort: 0, chromaSubsampling: "4:2:0" }),
  png: (image) => image.png(),
}

const respond = async (request, response) => {
  const [photo, query] = request.url.slice(1).split("?")
  const [width, height, format] = query.split("&")
  const image = sharp(join(folder, photo), { failOn: "error" })
    .autoOrient()
    .resize(Number(width), Number(height), { fit: "cover" })
  const bytes = await ENCODE[format](image, Number(width)).toBuffer()
  response.writeHead(200, { "content-type": `image/${format}`, "content-length": bytes.length })
  response.end(bytes)
}

const server = createServer((request, response) => void respond(request, response))
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`))

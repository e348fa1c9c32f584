// A typical resizing function: sharp and the bundled AWS SDK. It reads, renders, stores and responds, without any checks.
import { createRequire } from "node:module"

import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"

const sharp = createRequire(import.meta.url)("sharp")
const { AWS_KEY: accessKeyId, AWS_SECRET: secretAccessKey, IMGTAILOR_S3_ENDPOINT: endpoint } = process.env
const credentials = { accessKeyId, secretAccessKey }
const client = new S3Client({ endpoint, region: "us-east-1", forcePathStyle: true, credentials })
sharp.cache(false)
sharp.concurrency(1)

export const handler = async ({ rawPath }) => {
  const [size, name] = rawPath.slice(1).split("/")
  const [width, height] = size.split("x").map(Number)
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "originals", Key: name }))
  const bytes = await sharp(await Body.transformToByteArray(), { failOn: "error" })
    .autoOrient()
    .resize(width, height, { fit: "cover" })
    .jpeg({ quality: 80, mozjpeg: true })
    .toBuffer()
  const object = { Bucket: "renditions", Key: `${size}/${name}`, Body: bytes, ContentType: "image/jpeg" }
  await client.send(new PutObjectCommand(object))
  return { statusCode: 200, headers: {}, body: bytes.toString("base64"), isBase64Encoded: true }
}

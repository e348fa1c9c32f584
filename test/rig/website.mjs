// s3rver as the bucket and its website endpoint, changed where it differs from S3:
//
// - It does not encode a key in a redirect, which leads to another URL if the key has a `#`, an `&` or letters outside ASCII.
// - It answers 404 for a missing object, where S3 answers 403 to clients that may not list. Rules are matched with the given status.
// - It knows no bucket policy. Its website endpoint has only the objects whose ARNs match, and answers 403 for others.
//
// node website.mjs <s3rver> <folder> <port> <bucket> <website.xml> <404|403> <public ARNs, as JSON>
import { readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"

const [program, directory, port, name, xml, missing, publicArns] = process.argv.slice(2)
const requireBeside = createRequire(realpathSync(program))
const S3rver = requireBeside("..")
const { prototype: rule } = requireBeside("../lib/models/routing-rule")

const encode = (key) =>
  encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

const patterns = JSON.parse(publicArns).map(
  (arn) => new RegExp(`^${arn.replaceAll(/[$()+.?[\\\]^{|}]/g, "\\$&").replaceAll("*", ".*")}$`, "s"),
)
const isPublic = (key) => patterns.some((pattern) => pattern.test(`arn:aws:s3:::${name}/${key}`))

const { getRedirectLocation, shouldRedirect } = rule
rule.getRedirectLocation = function locate(key, defaults) {
  return getRedirectLocation.call(this, encode(key), defaults)
}
rule.shouldRedirect = function matches(key) {
  return shouldRedirect.call(this, key, isPublic(key) ? Number(missing) : 403)
}

const configureBuckets = [{ name, configs: [readFileSync(xml)] }]
const place = { address: "127.0.0.1", port: Number(port), serviceEndpoint: "localhost" }
const server = new S3rver({ ...place, directory, silent: true, configureBuckets })
server.middleware.unshift((context, next) => {
  const { store } = context
  if (context.hostname.includes(".s3-website."))
    context.store = Object.assign(Object.create(store), {
      getObject: async (bucket, key, options) => (isPublic(key) ? store.getObject(bucket, key, options) : undefined),
    })
  return next()
})
await server.run()

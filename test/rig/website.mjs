// s3rver as the bucket and its website endpoint, changed where it differs from S3:
//
// - It does not encode a key in a redirect, which leads to another URL if the key has a `#`, an `&` or letters outside ASCII.
// - It answers 404 for a missing object, where S3 answers 403 to clients that may not list. Rules are matched with the given status.
//
// node website.mjs <s3rver> <folder> <port> <bucket> <website.xml> <404|403>
import { readFileSync, realpathSync } from "node:fs"
import { createRequire } from "node:module"

const [program, directory, port, name, xml, missing] = process.argv.slice(2)
const requireBeside = createRequire(realpathSync(program))
const S3rver = requireBeside("..")
const { prototype: rule } = requireBeside("../lib/models/routing-rule")

const encode = (key) =>
  encodeURIComponent(key)
    .replaceAll("%2F", "/")
    .replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

const { getRedirectLocation, shouldRedirect } = rule
rule.getRedirectLocation = function locate(key, defaults) {
  return getRedirectLocation.call(this, encode(key), defaults)
}
rule.shouldRedirect = function matches(key) {
  return shouldRedirect.call(this, key, Number(missing))
}

const configureBuckets = [{ name, configs: [readFileSync(xml)] }]
const place = { address: "127.0.0.1", port: Number(port), serviceEndpoint: "localhost" }
await new S3rver({ ...place, directory, silent: true, configureBuckets }).run()

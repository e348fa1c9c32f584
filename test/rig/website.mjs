// s3rver as the bucket and its website endpoint, with two things changed in which it differs from S3:
//
// - it writes a key into a redirect as it is, which makes another address of one with a `#`, an `&` or a letter beyond ASCII;
// - it says 404 for what is missing, where S3 says 403 to whoever may not list: a rule is then looked for with the status given here.
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

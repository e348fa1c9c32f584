// Calls edge functions in nginx's JavaScript (njs), the family of engines that CloudFront's is of. nginx measures nothing itself: the caller
// reads the CPU time of the process, which does nothing else.
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { join } from "node:path"
import { text } from "node:stream/consumers"

import { launch, program } from "./programs.mjs"

// Behind the source of a function. `cold` evaluates the source again for each call, as an engine does that keeps no state between calls.
const glue = (source) => `
function load() {
${source}
return handler
}

function run(r) {
  const job = JSON.parse(r.requestText)
  const sent = job.request
  const uri = sent.uri, querystring = { v: { value: "1" } }, cookies = { session: { value: "1" } }
  const event = { version: "1.0", context: { eventType: "viewer-request" }, request: sent }
  let result
  for (let call = 0; call < job.calls; call++) {
    sent.uri = uri
    sent.querystring = querystring
    sent.cookies = cookies
    result = (job.isCold ? load() : handler)(event)
  }
  r.return(200, JSON.stringify(result))
}

export default { run }
`

/** The directive that loads njs; undefined if this nginx has none. */
const loadNjs = (nginx) => {
  const built = execFileSync("/bin/sh", ["-c", '"$0" -V 2>&1', nginx], { encoding: "utf8" })
  const modules = /--modules-path=(\S+)/.exec(built)?.[1]
  const module = modules && join(modules, "ngx_http_js_module.so")
  if (module && existsSync(module)) return `load_module ${module};`
  return /njs|http_js/.test(built) ? "" : undefined
}

const configuration = (folder, load, names) => `
${load}
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr warn;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n  ")}
  client_body_buffer_size 64k;
  js_path ${folder};
  ${names.map((name) => `js_import ${name} from ${name}.js;`).join("\n  ")}
  server {
    listen unix:${folder}/socket;
    ${names.map((name) => `location = /${name} { js_content ${name}.run; }`).join("\n    ")}
  }
}
`

/**
 * Starts nginx with functions by name. Undefined if there is no nginx with njs.
 * @returns `run(name, job)` calls a function `job.calls` times with `job.request`, and returns its last result
 */
export const startNjs = async (folder, sources) => {
  const nginx = program("nginx")
  const load = nginx && loadNjs(nginx)
  if (load === undefined) return undefined
  mkdirSync(folder, { recursive: true })
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.js`), source + glue(source))
  const file = join(folder, "nginx.conf")
  writeFileSync(file, configuration(folder, load, Object.keys(sources)))
  const child = launch(nginx, ["-e", "stderr", "-p", folder, "-c", file], { stdio: "ignore" })
  while (!existsSync(join(folder, "socket"))) await new Promise((resolve) => setTimeout(resolve, 10))

  const run = (name, job) =>
    new Promise((resolve, reject) => {
      const sent = request({ socketPath: join(folder, "socket"), path: `/${name}`, method: "POST" }, (response) => {
        text(response).then((body) => {
          if (response.statusCode === 200) resolve(JSON.parse(body))
          else reject(new Error(`${name}: ${response.statusCode} ${body}`))
        }, reject)
      })
      sent.on("error", reject)
      sent.end(JSON.stringify(job))
    })
  return { pid: child.pid, run, stop: () => child.kill("SIGKILL") }
}

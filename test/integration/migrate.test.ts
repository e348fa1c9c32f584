/** `imgtailor migrate` from a log to a server: the configuration that it prints answers the old URLs with the renditions that it names. */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

import { expect, it } from "vitest"

import { launchServe, runCommand } from "../support/command.ts"
import { temporaryFolder } from "../support/folders.ts"
import { describe as describeImage, flat } from "../support/photos.ts"

/** URLs of several services on one host, with the number of their requests. */
const REQUESTS: Readonly<Record<string, number>> = {
  "/_next/image?url=%2Fshop%2Fbag.jpg&w=640&q=75": 40,
  "/_next/image?url=%2Fshop%2Fbag.jpg&w=1200&q=75": 20,
  "/cdn-cgi/image/width=300,height=200,fit=cover/shop/bag.jpg": 30,
  "/demo/image/upload/c_fill,w_310,h_205/shop/bag.jpg": 25,
  "/unsafe/fit-in/400x400/shop/red%20bag.jpg": 10,
  "/insecure/rs:fill:300:200/plain/shop/bag.jpg": 5,
  "/_ipx/w_620/shop/bag.jpg": 3,
}
const UNKNOWN = "/demo/image/upload/e_cartoonify,w_300/shop/bag.jpg"

const logOf = (requests: Readonly<Record<string, number>>): string =>
  Object.entries(requests)
    .flatMap(([url, count]) =>
      Array.from<string>({ length: count }).fill(
        `192.0.2.1 - - [29/Nov/2026:10:00:00 +0000] "GET ${url} HTTP/1.1" 200 20000 "https://shop.example.com/" "Mozilla/5.0"`,
      ),
    )
    .join("\n")

it("the configuration that migrate prints for a log serves its URLs in the sizes that migrate names", async () => {
  const cwd = await temporaryFolder()
  await mkdir(join(cwd, "photos/shop"), { recursive: true })
  for (const name of ["bag.jpg", "red bag.jpg"])
    await writeFile(join(cwd, "photos/shop", name), await flat({ width: 1600, height: 1200 }))
  await writeFile(join(cwd, "access.log.gz"), gzipSync(logOf({ ...REQUESTS, [UNKNOWN]: 2 })))

  const migrate = ["migrate", "access.log.gz", "--compat-origins", "/demo="]
  const json = await runCommand([...migrate, "--json"], { cwd })
  expect([json.code, json.stderr]).toEqual([0, ""])
  const lines = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly url?: string; readonly newUrl?: string; readonly reason?: string })
  const found = new Map(lines.map(({ url, newUrl, reason }) => [url, newUrl ?? reason]))
  expect(found.get(UNKNOWN)).toContain("cartoonify")

  const config = await runCommand([...migrate, "--config"], { cwd })
  await writeFile(join(cwd, "imgtailor.config.ts"), config.stdout)
  const server = await launchServe(["photos"], { cwd })
  for (const url of Object.keys(REQUESTS)) {
    const newUrl = found.get(url) ?? ""
    const old = await fetch(server.url + url)
    expect([url, old.status, old.headers.get("content-location")]).toEqual([url, 200, newUrl])
    const renewed = await fetch(server.url + newUrl)
    expect(await describeImage(Buffer.from(await renewed.arrayBuffer()))).toEqual(
      await describeImage(Buffer.from(await old.arrayBuffer())),
    )
  }
  expect((await fetch(server.url + UNKNOWN)).status).toBe(400)
})

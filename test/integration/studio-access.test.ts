/** Attacks on the studio: requests without its token, of other pages, under other host names, and for files and photos that it must not show. */
import { describe, expect, it } from "vitest"

import type { Explanation } from "../../src/explain/explanation.ts"
import type { Catalogue, Photo, Photos } from "../../src/studio/api.ts"
import { flat } from "../support/photos.ts"
import { send, startServer } from "../support/server.ts"
import { type RunningStudio, startStudio } from "../support/studio.ts"

const READS = ["catalogue", "photos", "photo?key=a.jpg", "explain?target=/80w/a.jpg", "settings", "live"]
const CHANGES: readonly (readonly [method: string, route: string])[] = [
  ["POST", "draft"],
  ["POST", "reference"],
  ["POST", "draft-list"],
  ["POST", "purge"],
  ["POST", "warm"],
  ["PUT", "focal-point"],
]

const sessionOf = async (studio: RunningStudio, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  studio.fetch("api/session", {
    method: "POST",
    headers: { origin: studio.origin, "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  })

describe("the token of the studio", () => {
  it.each(READS)("GET %s without a session is answered with 401", async (route) => {
    const studio = await startStudio()
    const response = await studio.fetch(`api/${route}`)
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: "no-session" })
  })

  it.each(CHANGES)("%s %s without a session is answered with 401", async (method, route) => {
    const studio = await startStudio()
    const headers = { origin: studio.origin, "content-type": "application/json" }
    const response = await studio.fetch(`api/${route}`, { method, headers, body: JSON.stringify({ key: "a.jpg" }) })
    expect(response.status).toBe(401)
  })

  it("the token is exchanged for a cookie of the studio alone, which is not the token", async () => {
    const studio = await startStudio()
    expect(studio.token).toMatch(/^[\w-]{43}$/)
    const response = await sessionOf(studio, { token: studio.token })
    expect(response.status).toBe(204)
    const cookie = response.headers.getSetCookie()[0] ?? ""
    expect(cookie).toMatch(/^imgtailor_studio_\d+=[\w-]{43}; HttpOnly; SameSite=Strict$/)
    expect(cookie).not.toContain(studio.token)
    const [pair = ""] = cookie.split(";")
    expect((await studio.fetch("api/catalogue", { headers: { cookie: pair } })).status).toBe(200)
    expect((await studio.fetch("api/catalogue", { headers: { cookie: `${pair}x` } })).status).toBe(401)
  })

  it("a cookie that is set over HTTPS is only sent over HTTPS", async () => {
    const studio = await startStudio({ studioHosts: ["images.example.com"] })
    const response = await sessionOf(studio, { token: studio.token }, { origin: "https://images.example.com" })
    expect(response.headers.getSetCookie()[0]).toMatch(/; Secure$/)
  })

  it.each([{ token: "wrong" }, { token: "" }, { token: null }, { token: ["x"] }, {}, null, "x"])(
    "%j is not exchanged for a cookie",
    async (body) => {
      const studio = await startStudio()
      const response = await sessionOf(studio, body)
      expect({ status: response.status, cookies: response.headers.getSetCookie() }).toEqual({
        status: 401,
        cookies: [],
      })
    },
  )

  it("the token and the cookie are in no report, notice or URL", async () => {
    const studio = await startStudio()
    await studio.write("a.jpg", await flat({ width: 100, height: 80 }))
    await studio.call("GET", "catalogue")
    await studio.call("POST", "purge", { key: "a.jpg" })
    await studio.fetch(`?token=${studio.token}`)
    await send(studio.port, "/80w/a.jpg")
    const logged = JSON.stringify([studio.reports, studio.notices])
    expect(studio.reports.map(({ target }) => target)).toEqual(["/80w/a.jpg"])
    expect(logged).not.toContain(studio.token)
    expect(studio.notices).toEqual(['Studio: purged 0 renditions of "a.jpg".'])
  })

  it("an open studio needs no token, and only checks the host and the page", async () => {
    const studio = await startStudio({ isOpen: true })
    expect(studio.studio.path).toBe("/_studio/")
    expect((await studio.json<Catalogue>("catalogue")).isOpen).toBe(true)
    const headers = { host: "evil.example", connection: "close" }
    expect((await send(studio.port, "/_studio/api/catalogue", { headers })).status).toBe(403)
    const foreign = { origin: "https://evil.example", "content-type": "application/json" }
    expect((await studio.fetch("api/purge", { method: "POST", headers: foreign, body: "{}" })).status).toBe(403)
  })
})

describe("a request of another page", () => {
  it.each([
    "evil.example",
    "evil.example:3000",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
    "[::1].evil.example",
  ])("the studio answers 403 under the host name %j, with a session too (DNS rebinding)", async (host) => {
    const studio = await startStudio()
    const session = await sessionOf(studio, { token: studio.token })
    const cookie = session.headers.getSetCookie()[0]?.split(";")[0] ?? ""
    for (const path of ["/_studio/", "/_studio/api/catalogue"])
      expect((await send(studio.port, path, { headers: { host, cookie } })).status).toBe(403)
  })

  it.each([
    "localhost",
    "localhost:3000",
    "studio.localhost",
    "127.0.0.1:8080",
    "[::1]:3000",
    "192.168.1.5",
    "Images.example.com:443",
  ])("the studio is served under the host name %j", async (host) => {
    const studio = await startStudio({ studioHosts: ["images.example.com"], isOpen: true })
    expect((await send(studio.port, "/_studio/api/catalogue", { headers: { host } })).status).toBe(200)
  })

  it.each([
    ["a foreign origin", { origin: "https://evil.example" }],
    ["no origin", {}],
    ["an opaque origin", { origin: "null" }],
    ["another port", { origin: "http://127.0.0.1:1" }],
    ["a user name in the origin", { origin: "http://127.0.0.1@evil.example" }],
    ["a foreign site", { "sec-fetch-site": "cross-site" }],
    ["another subdomain", { "sec-fetch-site": "same-site" }],
  ])("a change with %s is answered with 403 (CSRF)", async (_, headers) => {
    const studio = await startStudio({ isOpen: true })
    await studio.write("a.jpg", await flat({ width: 100, height: 80 }))
    await send(studio.port, "/80w/a.jpg")
    const origin = "sec-fetch-site" in headers ? { origin: studio.origin } : {}
    const response = await studio.fetch("api/purge", {
      method: "POST",
      headers: { "content-type": "application/json", ...origin, ...headers },
      body: JSON.stringify({ key: "a.jpg" }),
    })
    expect(response.status).toBe(403)
    expect(await studio.stored()).toEqual(["80w/a.jpg"])
  })

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])(
    "a change with the type %j, which a form can send, is answered with 415",
    async (type) => {
      const studio = await startStudio({ isOpen: true })
      const headers = { origin: studio.origin, "content-type": type }
      const response = await studio.fetch("api/purge", { method: "POST", headers, body: '{"key":"a.jpg"}' })
      expect(response.status).toBe(415)
    },
  )

  it("an image or a script of another site cannot load from the API, and no response can be embedded", async () => {
    const studio = await startStudio({ isOpen: true })
    const foreign = { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" }
    expect((await studio.fetch("api/photos", { headers: foreign })).status).toBe(403)
    const { headers } = await studio.fetch("api/photos")
    expect(headers.get("access-control-allow-origin")).toBeNull()
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin")
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self'.*frame-ancestors 'none'$/,
    )
    expect(headers.get("content-security-policy")).not.toContain("unsafe")
  })

  it("a long body and one that is no JSON are refused", async () => {
    const studio = await startStudio({ isOpen: true })
    const headers = { origin: studio.origin, "content-type": "application/json" }
    for (const body of ["{", `"${"x".repeat(200_000)}"`, "[]", "null"]) {
      const response = await studio.fetch("api/purge", { method: "POST", headers, body }).catch(() => undefined)
      expect(response?.status ?? 400).toBe(400)
    }
  })
})

describe("files and photos that the studio must not show", () => {
  it.each([
    "/_studio/../package.json",
    "/_studio/%2e%2e/package.json",
    "/_studio/..%2f..%2fpackage.json",
    "/_studio/index.html%00",
    "/_studio/studio.js",
    "/_studio//etc/passwd",
    "/_studio/api/../../package.json",
  ])("%s is no file of the page", async (target) => {
    const studio = await startStudio({ isOpen: true })
    const { status, text } = await send(studio.port, target)
    expect(status).toBe(404)
    expect(text).not.toContain("dependencies")
  })

  it("excluded originals are absent in every view", async () => {
    const studio = await startStudio({
      isOpen: true,
      exclude: ["secret/**", "**/private.jpg"],
      focalPoints: "points.json",
      studioWrite: true,
    })
    const bytes = await flat({ width: 100, height: 80 })
    for (const key of ["a.jpg", "secret/b.jpg", "shop/private.jpg", ".git/c.jpg", "shop/d.jpg"])
      await studio.write(key, bytes)
    expect(await studio.json<Photos>("photos")).toMatchObject({ folders: ["shop/"], photos: [{ key: "a.jpg" }] })
    for (const prefix of ["secret/", "sec", ".git/"])
      expect(await studio.json<Photos>(`photos?prefix=${prefix}`)).toEqual({ folders: [], photos: [] })
    expect((await studio.json<Photos>("photos?prefix=shop/")).photos.map(({ key }) => key)).toEqual(["shop/d.jpg"])
    for (const key of ["secret/b.jpg", "shop/private.jpg", ".git/c.jpg"]) {
      expect((await studio.call("GET", `photo?key=${key}`)).status).toBe(404)
      expect((await studio.call("GET", `snippets?key=${key}&size=80w`)).status).toBe(404)
      expect((await studio.call("POST", "draft", { key, size: "80w" })).status).toBe(404)
      expect((await studio.call("POST", "reference", { key, size: "80w" })).status).toBe(404)
      expect((await studio.call("POST", "warm", { key })).status).toBe(404)
      expect((await studio.call("PUT", "focal-point", { key, point: [0.1, 0.2] })).status).toBe(404)
      const explanation = await studio.json<Explanation>(`explain?target=${key}`)
      expect(explanation).toMatchObject({ refusal: { code: "original-not-found" } })
      expect(explanation).not.toHaveProperty("original")
    }
    const list = await (await studio.call("POST", "draft-list", { sizes: ["40w"] })).json()
    expect(list).toMatchObject({ photos: { count: 2, isExact: true } })
  })

  it("hostile names arrive as text: HTML, marks of direction, quotes and long names", async () => {
    const studio = await startStudio({ isOpen: true })
    const names = [
      `<img src=x onerror=alert(1)>.jpg`,
      "\u202egpj.exe.jpg",
      `'"\`$\{x}{{x}}\\u0000.jpg`.replace("\\", ""),
      `${"é".repeat(115)}.jpg`,
      "</script><script>.jpg",
    ]
    const keys = names.map((name) => `x/${name.replaceAll("/", "_")}`)
    for (const key of keys) await studio.write(key, await flat({ width: 90, height: 60 }))
    const { photos } = await studio.json<Photos>("photos?prefix=x/")
    expect(photos.map(({ key }) => key).toSorted()).toEqual(keys.toSorted())
    for (const { key, thumbnail } of photos) {
      expect(thumbnail).toMatch(/^[\w/.~%-]+$/)
      expect((await send(studio.port, thumbnail)).status).toBe(200)
      const photo = await studio.json<Photo>(`photo?key=${encodeURIComponent(key)}`)
      expect(photo.key).toBe(key)
      expect((await studio.call("GET", `snippets?key=${encodeURIComponent(key)}&size=80w`)).status).toBe(200)
    }
    const response = await studio.call("GET", "photos?prefix=x/")
    expect(response.headers.get("content-type")).toBe("application/json")
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
  })
})

describe("a server without the studio", () => {
  it.each(["/_studio", "/_studio/", "/_studio/index.html", "/_studio/api/catalogue", "/_studio/api/photos?prefix="])(
    "%s does not exist",
    async (target) => {
      const shop = await startServer()
      const { status, headers } = await shop.get(target)
      expect([400, 404]).toContain(status)
      expect(headers).not.toHaveProperty("location")
    },
  )

  it("the root leads to the studio where it is on, also below a base path, and a photo is served as before", async () => {
    const studio = await startStudio({ basePath: "/img" })
    for (const target of ["/", "/img", "/img/", "/img/_studio"]) {
      const { status, headers } = await send(studio.port, target)
      expect({ status, location: headers["location"] }).toEqual({ status: 302, location: "/img/_studio/" })
    }
    await studio.write("a.jpg", await flat({ width: 100, height: 80 }))
    expect((await send(studio.port, "/img/80w/a.jpg")).status).toBe(200)
  })
})

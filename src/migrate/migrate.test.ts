/** From URLs to a list of sizes: inputs, counting, recognising services, and the texts that are printed. */
import { existsSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"

import { describe, expect, it, onTestFinished } from "vitest"

import { toRequested } from "../compat/combine.ts"
import { parseSizeList } from "../sizes/list.ts"
import { configText } from "./config-text.ts"
import { createDemand, type SuggestedList } from "./demand.ts"
import { type FoundUrl, readUrls } from "./read-urls.ts"
import { createRecognise } from "./recognise.ts"
import { redirectMap } from "./redirect-map.ts"
import { type MappedUrl, type Survey, type SurveyOptions, surveyUrls } from "./survey.ts"
import { createUrlCounts } from "./url-counts.ts"

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

const urlsIn = async (text: string): Promise<readonly string[]> => {
  const urls: FoundUrl[] = []
  for await (const batch of readUrls(bytesOf(text))) urls.push(...batch)
  return urls.map(({ host, target }) => `${host ?? ""}${target}`)
}

describe("an input", () => {
  it("a sitemap has the URLs of pages and images, with entities and CDATA", async () => {
    const sitemap = `<?xml version="1.0"?><urlset xmlns:image="x"><url><loc>https://shop.example.com/</loc>
      <image:image><image:loc>https://demo.imgix.net/a.jpg?w=300&amp;h=200</image:loc></image:image>
      <image:image><image:loc><![CDATA[https://demo.imgix.net/b.jpg?w=1&h=2]]></image:loc></image:image></url></urlset>`
    expect(await urlsIn(sitemap)).toEqual([
      "shop.example.com/",
      "demo.imgix.net/a.jpg?w=300&h=200",
      "demo.imgix.net/b.jpg?w=1&h=2",
    ])
  })

  it("a page has the URLs of src, srcset and links", async () => {
    const page = `<!doctype html><a href="/next"><img src='/_next/image?url=%2Fa.jpg&amp;w=640'
      srcset="/cdn-cgi/image/w=1,h=2/a.jpg 1x, /cdn-cgi/image/w=2,h=4/a.jpg 2x" alt="x"></a>
      <img srcset="/c.jpg 300w,/d,1.jpg 600w , e.jpg,">`
    expect(await urlsIn(page)).toEqual([
      "/next",
      "/_next/image?url=%2Fa.jpg&w=640",
      "/cdn-cgi/image/w=1,h=2/a.jpg",
      "/cdn-cgi/image/w=2,h=4/a.jpg",
      "/c.jpg",
      "/d,1.jpg",
    ])
  })

  it("a list has one URL on each line, and a log has those of answered requests", async () => {
    expect(await urlsIn("https://A.example:443/a.jpg?x=1#y\n//b.example/b.jpg\n/c.jpg\r\nnot a url\n\n")).toEqual([
      "a.example/a.jpg?x=1",
      "b.example/b.jpg",
      "/c.jpg",
    ])
    const line = (method: string, target: string, status: number): string =>
      `192.0.2.1 - - [02/Jan/2026:03:04:05 +0000] "${method} ${target} HTTP/1.1" ${status} 5 "-" "-"\n`
    expect(
      await urlsIn(
        line("GET", "/a.jpg", 200) +
          line("GET", "/b.jpg", 404) +
          line("POST", "/c.jpg", 200) +
          line("HEAD", "/d.jpg", 304),
      ),
    ).toEqual(["/a.jpg", "/d.jpg"])
  })
})

describe("recognising a service", () => {
  it("a URL is recognised by its host, its path, or because its service is named", async () => {
    const all = await createRecognise([])
    const named = await createRecognise(["imgix"])
    const nameOf = (url: FoundUrl, recognise = all): string | undefined => recognise(url)?.name
    expect(nameOf({ host: "demo.imgix.net", target: "/a.jpg?w=1" })).toBe("imgix")
    expect(nameOf({ host: "res.cloudinary.com", target: "/demo/image/upload/w_1/a.jpg" })).toBe("cloudinary")
    expect(nameOf({ host: "demo-res.cloudinary.com", target: "/image/upload/w_1/a.jpg" })).toBe("cloudinary")
    expect(nameOf({ host: "i2.wp.com", target: "/shop.example.com/a.jpg?w=1" })).toBe("wordpress")
    expect(nameOf({ host: "www.shop.example.com", target: "/_next/image?url=%2Fa.jpg&w=1" })).toBe("nextjs")
    expect(nameOf({ host: "www.shop.example.com", target: "/a.jpg?w=1" })).toBeUndefined()
    expect(nameOf({ target: "/a.jpg?w=1" }, named)).toBe("imgix")
    expect(nameOf({ target: "/page?w=1" }, named)).toBe("imgix")
    expect(nameOf({ target: "/page" }, named)).toBeUndefined()
    expect(nameOf({ target: "/_next/image?url=%2Fa.jpg&w=1" }, named)).toBe("imgix")
  })
})

const image = (width: number | undefined, height?: number, look = {}): ReturnType<typeof toRequested> =>
  toRequested({ part: { width, height, look }, unsupported: [] }, "/a.jpg")

const inputsOf = ({ sizes }: SuggestedList): readonly unknown[] => sizes.map(({ input }) => input)

describe("demand", () => {
  it("the list has sizes by width, by height, crops of each ratio and sizes with options", () => {
    const demand = createDemand()
    for (const width of [300, 640, 640, 1280]) demand.add(image(width))
    demand.add(image(undefined, 480))
    for (const [width, height] of [
      [300, 169],
      [640, 360],
      [150, 150],
    ] as const)
      demand.add(image(width, height))
    demand.add(image(300, 200, { fit: "inside" }))
    demand.add(image(640, undefined, { grayscale: true }))
    const exact = demand.suggest(0)
    expect(inputsOf(exact)).toEqual([
      "300w",
      "640w",
      "1280w",
      "480h",
      "300x169",
      "640x360",
      "150x150",
      { size: "640w", name: "grayscale-640w", grayscale: true },
      { size: "300x200", name: "inside-300x200", fit: "inside" },
    ])
    expect(exact.sizes.map(({ count }) => count)).toEqual([1, 2, 1, 1, 1, 1, 1, 1, 1])
    expect(exact.waste).toBe(0)
    const few = demand.suggest(0.5)
    expect(few.sizes.length).toBeLessThan(9)
    expect(few.waste).toBeGreaterThan(0)
    expect(few.waste).toBeLessThanOrEqual(0.5)
  })

  it("device pixels count, and sides are whole and at most the largest", () => {
    const demand = createDemand()
    demand.add({ ...image(320.4), dpr: 2 })
    demand.add({ ...image(9000, 9000), dpr: 3 })
    expect(inputsOf(demand.suggest(0.2))).toEqual(["641w", "8192x8192"])
  })

  it("requests of the whole picture need a size that shows it", () => {
    const demand = createDemand()
    const again = demand.add(image(undefined))
    again()
    expect(demand.suggest(0.2).sizes).toEqual([{ input: "1280w", box: { width: 1280 }, count: 2 }])
    demand.add(image(500))
    expect(inputsOf(demand.suggest(0.2))).toEqual(["500w"])
  })

  it("rare shapes get no size", () => {
    const demand = createDemand()
    const again = demand.add(image(500))
    for (let at = 0; at < 99; at++) again()
    demand.add(image(123, 45))
    expect(inputsOf(demand.suggest(0.2))).toEqual(["500w", "123x45"])
    expect(inputsOf(demand.suggest(0.2, 0.01))).toEqual(["500w"])
  })

  it("sixty thousand different sizes take bounded memory, and the list is valid", () => {
    const demand = createDemand()
    for (let at = 0; at < 60_000; at++) demand.add(image(1 + ((at * 7919) % 8192), 1 + ((at * 104_729) % 300)))
    for (let at = 0; at < 800; at++) demand.add(image(100, undefined, { blur: 1 + at / 50, sharpen: 1 + at / 300 }))
    const list = demand.suggest(0.3)
    expect(list.waste).toBeLessThanOrEqual(0.3)
    const parsed = parseSizeList(list.sizes.map(({ input }) => input))
    expect("problems" in parsed ? parsed.problems.slice(0, 3) : []).toEqual([])
  })
})

describe("counting URLs", () => {
  it("URLs beyond the limit are counted in files, which are removed", async () => {
    const foldersOf = (): readonly string[] =>
      readdirSync(tmpdir()).filter((name) => name.startsWith("imgtailor-migrate-"))
    const before = foldersOf()
    const urls = createUrlCounts<number>(100)
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 1000; at++) {
        const url = `//host${at % 2}/photo${at}é?x=${at % 3}`
        const known = urls.find(url)
        if (known) known.count += 1
        else urls.add(url, at)
        if (at % 50 === 0) await urls.settle()
      }
    }
    expect(foldersOf().length).toBeGreaterThan(before.length)
    const counted = new Map<string, number>()
    for await (const batch of urls.batches()) for (const { url, count } of batch) counted.set(url, count)
    expect([counted.size, new Set(counted.values())]).toEqual([1000, new Set([3])])
    await urls.close()
    expect(foldersOf()).toEqual(before)
    expect(existsSync(tmpdir())).toBe(true)
  })
})

const OPTIONS: SurveyOptions = {
  services: [],
  origins: { "shop.example.com": "" },
  keys: {},
  basePath: "/img",
  formats: ["avif", "webp"],
  maxWaste: 0.2,
  minShare: 0,
}

const surveyOf = async (text: string, options: Partial<SurveyOptions> = {}): Promise<Survey> => {
  const survey = await surveyUrls([readUrls(bytesOf(text))], { ...OPTIONS, ...options })
  onTestFinished(survey.close)
  return survey
}

const mappedIn = async (survey: Survey): Promise<readonly MappedUrl[]> => {
  const all: MappedUrl[] = []
  for await (const batch of survey.mapped()) all.push(...batch)
  return all
}

const INPUT = `/_next/image?url=%2Fa.jpg&w=640&q=75
/_next/image?url=%2Fa.jpg&w=640&q=75
/_next/image?url=%2Fb.jpg&w=600&q=75
/cdn-cgi/image/w=100,h=100,fit=cover,f=webp/a.jpg
/cdn-cgi/image/w=100,brightness=2/a.jpg
https://res.cloudinary.com/demo/image/fetch/w_640/https://other.example.com/a.jpg
https://res.cloudinary.com/demo/image/upload/t_card/a.jpg
/about.html
`

describe("a survey", () => {
  it("a survey has the sizes, the new URL of each old one, and reasons", async () => {
    const survey = await surveyOf(INPUT)
    expect([survey.urlCount, survey.counts]).toEqual([8, { nextjs: 3, cloudflare: 2, cloudinary: 2 }])
    expect(inputsOf(survey.list)).toEqual(["640w", "100x100"])
    const mapped = await mappedIn(survey)
    expect(mapped.map(({ url, count, newUrl }) => [url, count, newUrl])).toEqual([
      ["/_next/image?url=%2Fa.jpg&w=640&q=75", 2, "/img/640w/a.jpg"],
      ["/_next/image?url=%2Fb.jpg&w=600&q=75", 1, "/img/640w/b.jpg"],
      ["/cdn-cgi/image/w=100,h=100,fit=cover,f=webp/a.jpg", 1, "/img/100x100/a.jpg.webp"],
      ["/cdn-cgi/image/w=100,brightness=2/a.jpg", 1, undefined],
      ["//res.cloudinary.com/demo/image/fetch/w_640/https://other.example.com/a.jpg", 1, undefined],
      ["//res.cloudinary.com/demo/image/upload/t_card/a.jpg", 1, undefined],
    ])
    expect(mapped.slice(3).map(({ reason }) => reason)).toEqual([
      expect.stringContaining('No size can have the option "brightness=2"'),
      expect.stringContaining('Add compatOrigins: { "other.example.com": "" }'),
      expect.stringContaining('Add { size: "…", name: "card" } to sizes.'),
    ])
  })

  it("a survey without any known URL has an empty list", async () => {
    const survey = await surveyOf("/about.html\n")
    expect([survey.list.sizes, survey.counts, await mappedIn(survey)]).toEqual([[], {}, []])
  })

  it("the configuration has the sizes, services and origins", async () => {
    expect(configText(await surveyOf(INPUT), OPTIONS)).toBe(`import { defineConfig } from "imgtailor"

export default defineConfig({
  originals: "photos",
  // 3.0 % of the pixels sent were not requested.
  sizes: [
    "640w",
    "100x100",
  ],
  basePath: "/img",
  compat: ["nextjs","cloudflare","cloudinary"],
  compatOrigins: {"shop.example.com":""},
})
`)
  })

  it("the map for nginx has no redirect for a URL that means another picture on another host", async () => {
    const url = "/a.jpg?w=640"
    const batch = [
      { url: `//one.example${url}`, count: 1, service: "imgix", newUrl: "/640w/a.jpg" },
      { url: `//two.example${url}`, count: 1, service: "wordpress", newUrl: "/640w/b.jpg" },
      { url: "//one.example/c.jpg?w=640", count: 1, service: "imgix", newUrl: "/640w/c.jpg" },
      { url: "//two.example/c.jpg?w=640", count: 1, service: "imgix", newUrl: "/640w/c.jpg" },
    ] as const
    async function* mapped(): AsyncGenerator<typeof batch> {
      yield batch
    }
    let text = ""
    for await (const part of redirectMap({ mapped })) text += part
    expect(text.split("\n").slice(-4, -2)).toEqual([
      `    # ${url} has another new URL for each host: /640w/a.jpg, /640w/b.jpg. Add the one of this server.`,
      '    "/c.jpg?w=640" "/640w/c.jpg";',
    ])
  })

  it("the map for nginx tells URLs that differ in case apart, and has no line that could end it", async () => {
    const survey = await surveyOf(
      [
        "/_next/image?url=%2Fa.jpg&w=640",
        "/_next/image?url=%2FA.jpg&w=640",
        '/_next/image?url=%2F"$x;}.jpg&w=640',
        "/_next/image?url=%2Fé.jpg&w=640",
      ].join("\n"),
      { basePath: "" },
    )
    let text = ""
    for await (const part of redirectMap(survey)) text += part
    expect(text.split("\n").filter((line) => line.startsWith('    "'))).toEqual([
      '    "~^/_next/image\\\\?url=%2Fa\\\\.jpg&w=640$" "/640w/a.jpg";',
      '    "~^/_next/image\\\\?url=%2FA\\\\.jpg&w=640$" "/640w/A.jpg";',
      '    "/_next/image?url=%2F\\"$x;}.jpg&w=640" "/640w/%22%24x%3B%7D.jpg";',
    ])
  })
})

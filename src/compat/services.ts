/**
 * Responsible for the table of services: how a URL of each is recognised, and its module, which is loaded with its first URL. Another
 * service is one file here and one line in this table.
 */
import type { Refusal } from "../sizes/decode-path.ts"
import { SERVICE_NAMES, type ServiceName } from "./names.ts"
import type { RequestedImage, Service, ServiceUrl } from "./service.ts"

/** A service that can be loaded. */
export interface ServiceEntry {
  /** Its name in sentences. */
  readonly title: string
  /**
   * Matches the paths that only this service has, without the base path. They are never URLs of imgtailor. Absent for a service whose URLs
   * are those of originals with a query. Also valid as a regular expression of nginx.
   */
  readonly paths?: RegExp
  /** Hosts of the service itself, for URLs in logs and sitemaps. */
  readonly hosts?: RegExp
  /** A URL path, for messages. */
  readonly example: string
  readonly load: () => Promise<Service>
}

/** All services. */
export const SERVICES: Readonly<Record<ServiceName, ServiceEntry>> = {
  nextjs: {
    title: "Next.js",
    paths: /^\/(?:.+\/)?_next\/image\/?$/,
    example: "/_next/image?url=%2Fshop%2Fbag.jpg&w=640&q=75",
    load: async () => (await import("./nextjs.ts")).nextjs,
  },
  ipx: {
    title: "ipx",
    paths: /^\/_ipx\//,
    example: "/_ipx/w_300,h_200/shop/bag.jpg",
    load: async () => (await import("./ipx.ts")).ipx,
  },
  cloudinary: {
    title: "Cloudinary",
    paths: /^\/(?:[^/]+\/)?(?:image\/(?:upload|fetch|private|authenticated)|iu)\//,
    hosts: /(?:^|[.-])res\.cloudinary\.com$/,
    example: "/demo/image/upload/c_fill,w_300,h_200/shop/bag.jpg",
    load: async () => (await import("./cloudinary.ts")).cloudinary,
  },
  imgix: {
    title: "imgix",
    hosts: /\.imgix\.net$/,
    example: "/shop/bag.jpg?w=300&h=200&fit=crop",
    load: async () => (await import("./imgix.ts")).imgix,
  },
  cloudflare: {
    title: "Cloudflare",
    paths: /^\/cdn-cgi\/image\//,
    example: "/cdn-cgi/image/width=300,height=200,fit=cover/shop/bag.jpg",
    load: async () => (await import("./cloudflare.ts")).cloudflare,
  },
  wordpress: {
    title: "WordPress",
    hosts: /^i[0-3]\.wp\.com$|\.files\.wordpress\.com$/,
    example: "/shop.example.com/wp-content/uploads/bag.jpg?resize=300,200",
    load: async () => (await import("./wordpress.ts")).wordpress,
  },
  thumbor: {
    title: "thumbor",
    paths: /^\/(?:unsafe|[A-Za-z0-9_-]{27}=)\/(?!(?:[a-z_-]+:[^/()]*\/)*(?:plain|enc)\/)/,
    example: "/unsafe/300x200/smart/shop/bag.jpg",
    load: async () => (await import("./thumbor.ts")).thumbor,
  },
  imgproxy: {
    title: "imgproxy",
    paths:
      /^\/(?:[\w-]+\/(?:(?!filters:)[a-z_-]+:[^/]*\/|(?:plain|enc)\/)|(?:insecure|unsafe|_|[\w-]{43})\/[\w-]{8,}(?:[/.]|$))/,
    example: "/insecure/rs:fill:300:200/plain/shop/bag.jpg",
    load: async () => (await import("./imgproxy.ts")).imgproxy,
  },
  vercel: {
    title: "Vercel",
    paths: /^\/_vercel\/image\/?$/,
    example: "/_vercel/image?url=%2Fshop%2Fbag.jpg&w=640&q=75",
    load: async () => (await import("./vercel.ts")).vercel,
  },
  netlify: {
    title: "Netlify",
    paths: /^\/\.netlify\/images\/?$/,
    example: "/.netlify/images?url=/shop/bag.jpg&w=300&h=200",
    load: async () => (await import("./netlify.ts")).netlify,
  },
  imagekit: {
    title: "ImageKit",
    paths: /\/tr(?::|%3[aA])/,
    hosts: /^ik\.imagekit\.io$/,
    example: "/demo/tr:w-300,h-200/shop/bag.jpg",
    load: async () => (await import("./imagekit.ts")).imagekit,
  },
  bunny: {
    title: "Bunny",
    hosts: /\.b-cdn\.net$/,
    example: "/shop/bag.jpg?width=300&height=200",
    load: async () => (await import("./bunny.ts")).bunny,
  },
  shopify: {
    title: "Shopify",
    paths: /^\/(?:cdn\/shop|s\/files\/\d+)\//,
    hosts: /^cdn\.shopify\.com$/,
    example: "/cdn/shop/files/bag.jpg?v=1&width=300",
    load: async () => (await import("./shopify.ts")).shopify,
  },
  astro: {
    title: "Astro",
    paths: /^\/_image\/?$/,
    example: "/_image?href=%2Fshop%2Fbag.jpg&w=640&f=webp",
    load: async () => (await import("./astro.ts")).astro,
  },
  supabase: {
    title: "Supabase",
    paths: /^\/storage\/v1\/(?:render\/image|object)\/(?:public|sign|authenticated)\//,
    hosts: /\.supabase\.co$/,
    example: "/storage/v1/render/image/public/shop/bag.jpg?width=300&height=200",
    load: async () => (await import("./supabase.ts")).supabase,
  },
  storyblok: {
    title: "Storyblok",
    paths: /^\/f\/\d+\/(?:\d+x\d+\/)?\w+\/[^/]+(?:\/m(?:\/|$)|$)/,
    hosts: /^a(?:-[a-z]+)?\.storyblok\.com$/,
    example: "/f/39898/3310x2192/e4ec08624e/bag.jpg/m/300x200",
    load: async () => (await import("./storyblok.ts")).storyblok,
  },
  contentful: {
    title: "Contentful",
    hosts: /^images\.(?:eu\.)?ctfassets\.net$/,
    example: "/cfexampleapi/4gp6taAwW4CmSgumq2ekUm/9da0cd1936871b8d72343e895a00d611/bag.jpg?w=300&h=200&fit=fill",
    load: async () => (await import("./contentful.ts")).contentful,
  },
  keycdn: {
    title: "KeyCDN",
    hosts: /\.kxcdn\.com$/,
    example: "/shop/bag.jpg?width=300&height=200",
    load: async () => (await import("./keycdn.ts")).keycdn,
  },
  imageengine: {
    title: "ImageEngine",
    hosts: /\.imgeng\.in$/,
    example: "/shop/bag.jpg?imgeng=/w_300/h_200/m_cropbox",
    load: async () => (await import("./imageengine.ts")).imageengine,
  },
}

/** Whether a path is one that only this service has. */
export const hasPath = (name: ServiceName, path: string): boolean => SERVICES[name].paths?.test(path) ?? false

/** Whether a URL is rather that of an original with a query, as this service has them. */
export const isOpen = (name: ServiceName): boolean => SERVICES[name].paths === undefined || name === "imagekit"

/** Keys of signatures, by service. */
export type Keys = Readonly<Partial<Record<ServiceName, string>>>

/** Parses URLs of some services. */
export interface Services {
  /** The service that alone has a path, if any. */
  readonly ofPath: (path: string) => ServiceName | undefined
  /** The first service for URLs of originals with a query, if any. */
  readonly forQueries: ServiceName | undefined
  /** Parses a URL of a service, whose code is loaded with the first one. */
  readonly load: (name: ServiceName) => Promise<(url: ServiceUrl) => RequestedImage | Refusal | undefined>
}

/** @param names in the order in which they are tried */
export const createServices = (names: readonly ServiceName[], keys: Keys = {}): Services => {
  const loaded = new Map<ServiceName, Promise<Service>>()
  const load = (name: ServiceName): Promise<Service> => {
    const service = loaded.get(name) ?? SERVICES[name].load()
    loaded.set(name, service)
    return service
  }
  return {
    ofPath: (path) => names.find((name) => hasPath(name, path)),
    forQueries: names.find(isOpen),
    load: async (name) => {
      const service = await load(name)
      return (url) => service.parse(url, keys[name])
    },
  }
}

/** The service whose own host a URL has. */
export const serviceOfHost = (host: string): ServiceName | undefined =>
  SERVICE_NAMES.find((name) => SERVICES[name].hosts?.test(host))

/** Responsible for the names of the services whose URLs are understood (`compat`). The table of services is in services.ts. */

/** Services, by the names of the setting `compat`. */
export const SERVICE_NAMES = [
  "nextjs",
  "ipx",
  "cloudinary",
  "imgix",
  "cloudflare",
  "wordpress",
  "thumbor",
  "imgproxy",
  "vercel",
  "netlify",
  "imagekit",
  "bunny",
  "shopify",
  "astro",
  "supabase",
  "storyblok",
  "contentful",
  "keycdn",
  "imageengine",
] as const
/** See {@link SERVICE_NAMES}. */
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** Services whose signatures can be verified (`compatKeys`). */
export const SIGNING_SERVICES = ["thumbor", "imgproxy"] as const
/** See {@link SIGNING_SERVICES}. */
export type SigningService = (typeof SIGNING_SERVICES)[number]

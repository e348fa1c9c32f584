// The image server, as the whole site knows it: the same list as the server's.
export const images = {
  baseUrl: process.env.NEXT_PUBLIC_IMAGES_URL ?? "http://localhost:3000",
  sizes: ["320w", "640w", "1280w", "1920w", "360x270", "720x540"],
}

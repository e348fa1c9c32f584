// Frameworks with a build step, and other runtimes. Each runs as a separate process, with the packed package.
//
// A host:
//   name     for the title of the tests, and its folder here
//   images   where images.mjs is copied to, relative to the folder
//   build    commands that build it
//   serve    the command that serves it on PORT
//   dots     true if the host resolves dot segments before the tailor sees them
//   own         statuses of the host itself: redirects of repeated and final slashes, errors for malformed escapes
//   hasLengths  false if the host removes Content-Length
export const HOSTS = [
  {
    name: "sveltekit",
    title: "SvelteKit",
    images: "src/lib/images.mjs",
    build: [["vite", "build"]],
    serve: ["node", "build/index.js"],
    dots: true,
  },
  {
    name: "nitro",
    title: "Nitro 2",
    images: "images.mjs",
    build: [["nitropack", "build"]],
    serve: ["node", ".output/server/index.mjs"],
  },
  {
    name: "next",
    title: "Next route handler",
    images: "images.mjs",
    build: [["next", "build"]],
    serve: ["next", "start"],
    dots: true,
    own: [308, 500],
    hasLengths: false,
  },
  {
    name: "react-router",
    title: "React Router",
    images: "app/images.server.mjs",
    build: [["react-router", "build"]],
    serve: ["react-router-serve", "build/server/index.js"],
    dots: true,
  },
  { name: "bun", title: "Bun", images: "images.mjs", build: [], serve: ["bun", "server.mjs"], dots: true },
  {
    name: "deno",
    title: "Deno",
    images: "images.mjs",
    build: [],
    serve: ["deno", "run", "--allow-all", "--quiet", "--node-modules-dir=manual", "server.mjs"],
    dots: true,
  },
]

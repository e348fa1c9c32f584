export default { serverExternalPackages: ["imgtailor", "sharp"], images: { unoptimized: true } }

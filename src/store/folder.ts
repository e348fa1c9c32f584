/** Folders as stores: the public entry `imgtailor/stores/folder`. */
export { folderOriginals } from "./folder-originals.ts"
export { folderRenditions } from "./folder-renditions.ts"

/** Responsible for the public entry `imgtailor/stores/folder`: originals and renditions in folders. */
export { folderOriginals, type FolderOriginalsOptions } from "./folder-originals.ts"
export { folderRenditions, type FolderRenditionsOptions } from "./folder-renditions.ts"

/**
 * Responsible for the symbolic links below a folder: a change behind a link concerns the path of the link as well.
 *
 * Invariants:
 * - The paths of an event are found without a look at other links: their number does not matter.
 */
import { realpath } from "node:fs/promises"
import { dirname, sep } from "node:path"

/** Links and their targets. */
export interface Links {
  /** Reads a link. Its target may be a file or a folder. */
  readonly add: (link: string) => Promise<void>
  readonly remove: (link: string) => void
  /** All paths by which a path can be reached, itself included. */
  readonly aliasesOf: (path: string) => readonly string[]
}

/** Links may lead to each other. */
const MAX_ALIASES = 100

/** @param root absolute path of the folder; targets outside of it are of no interest */
export const createLinks = (root: string): Links => {
  const targets = new Map<string, string>()
  const linksTo = new Map<string, Set<string>>()

  const remove = (link: string): void => {
    const target = targets.get(link)
    if (target === undefined) return
    targets.delete(link)
    const links = linksTo.get(target)
    links?.delete(link)
    if (links?.size === 0) linksTo.delete(target)
  }

  /** The target as a path below the root. Undefined for a broken link, and outside the root. */
  const targetOf = async (link: string): Promise<string | undefined> => {
    try {
      const [realRoot, real] = await Promise.all([realpath(root), realpath(link)])
      if (real !== realRoot && !real.startsWith(realRoot + sep)) return undefined
      return root + real.slice(realRoot.length)
    } catch {
      return undefined
    }
  }

  return {
    add: async (link) => {
      remove(link)
      const target = await targetOf(link)
      if (target === undefined) return
      targets.set(link, target)
      const links = linksTo.get(target)
      if (links) links.add(link)
      else linksTo.set(target, new Set([link]))
    },
    remove,
    aliasesOf: (path) => {
      if (targets.size === 0) return [path]
      const found = new Set([path])
      // The iteration includes aliases that are added meanwhile.
      for (const alias of found) {
        for (let folder = alias; folder.length > root.length; folder = dirname(folder))
          for (const link of linksTo.get(folder) ?? [])
            if (found.size < MAX_ALIASES) found.add(link + alias.slice(folder.length))
      }
      return [...found]
    },
  }
}

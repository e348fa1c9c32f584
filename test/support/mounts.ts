/** Responsible for file systems that tests mount: temporary ones in memory, and one in user space. All are unmounted when the test ends. */
import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, rmdir } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

import { onTestFinished } from "vitest"

import { isRoot, temporaryFolder } from "./folders.ts"

const run = promisify(execFile)

/** A lazy unmount succeeds while files are open. */
const unmountLazily = async (folder: string): Promise<void> => {
  await run("umount", ["-l", folder]).catch(() => {})
}

const tryMount = async (): Promise<boolean> => {
  if (process.platform !== "linux" || !isRoot) return false
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-mount-"))
  try {
    await run("mount", ["-t", "tmpfs", "imgtailor-test", folder])
    await run("umount", [folder])
    return true
  } catch {
    return false
  } finally {
    await rmdir(folder)
  }
}

/** True where this process may mount file systems: Linux, root, and no container that forbids it. */
export const canMount: boolean = await tryMount()

/** True where a file system in user space can be mounted too. */
export const canMountFuse: boolean = canMount && existsSync("/dev/fuse")

/** Mounts an empty file system in memory over a folder. */
export const mountTmpfs = async (folder: string): Promise<void> => {
  await run("mount", ["-t", "tmpfs", "-o", "mode=0755", "imgtailor-test", folder])
  onTestFinished(() => unmountLazily(folder))
}

/** Unmounts a folder, also while files in it are open. */
export const unmount = async (folder: string): Promise<void> => void (await run("umount", ["-l", folder]))

/** A file system in user space that ignores case and Unicode normalisation. */
export interface FuseMount {
  readonly folder: string
  /** From now on nothing responds, like a network file system whose server is gone. */
  readonly hang: () => void
  /** Responds again, also to the calls that wait. */
  readonly resume: () => void
}

/** Mounts a file system in user space. */
export const mountFuse = async (): Promise<FuseMount> => {
  const [backing, folder] = [await temporaryFolder(), await temporaryFolder()]
  const server = new URL("fuse-server.mjs", import.meta.url).pathname
  const child = spawn(process.execPath, [server, backing, folder], { stdio: ["pipe", "pipe", "inherit"] })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  onTestFinished(async () => {
    child.stdin.end()
    await ended
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve())
    child.once("exit", (code) => reject(new Error(`fuse-server.mjs ended with ${code}`)))
  })
  const send = (line: string): void => void child.stdin.write(`${line}\n`)
  return { folder, hang: () => send("hang"), resume: () => send("resume") }
}

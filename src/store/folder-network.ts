/** Responsible for recognising network file systems, on which a lookup may take long or never end. */
import { statfs } from "node:fs/promises"

/** `f_type` of statfs(2), from Linux's <linux/magic.h> and the headers of the file systems. */
const NETWORK_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x517b, "SMB"],
  [0x5346414f, "AFS"],
  [0x73757245, "Coda"],
  [0x00c36400, "Ceph"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
])

/** The kind of network file system of a path; undefined for a local one, and if it cannot be found out. */
export const networkFileSystemOf = async (path: string): Promise<string | undefined> => {
  if (process.platform !== "linux") return undefined
  try {
    return NETWORK_TYPES.get((await statfs(path)).type >>> 0)
  } catch {
    return undefined
  }
}

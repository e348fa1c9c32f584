/** Responsible for access logs that are named on the command line. */
import { createReadStream } from "node:fs"

import { createOwnReader, type OwnReader } from "../redesign/own-requests.ts"

const open = (file: string): AsyncIterable<Uint8Array> => (file === "-" ? process.stdin : createReadStream(file))

/** Calls back with the requests of access logs; `-` is standard input. @throws {bad-config} a log cannot be read */
export const readLogs: OwnReader = createOwnReader(open)

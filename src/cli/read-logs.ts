/** Responsible for access logs that are named on the command line. */
import { createReadStream } from "node:fs"

import { badConfig, describeError } from "../errors.ts"
import { createOwnReader, type OwnReader } from "../redesign/own-requests.ts"

async function* open(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* (file === "-" ? process.stdin : createReadStream(file)) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw badConfig([`${file}: cannot read this log: ${describeError(error)}`])
  }
}

/** Calls back with the requests of access logs; `-` is standard input. @throws {bad-config} a log cannot be read */
export const readLogs: OwnReader = createOwnReader(open)

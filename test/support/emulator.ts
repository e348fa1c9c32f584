/** Responsible for programs that stand in for a service in tests: started on a free port, and ended with their data. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

import { freePort } from "./free-port.ts"

/** A running program. */
export interface Emulator {
  readonly port: number
  /** Ends the program and removes its folder. */
  readonly stop: () => Promise<void>
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      done(true)
    })
    socket.once("error", () => done(false))
  })

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((done) => child.once("exit", done))
  child.kill("SIGKILL")
  await ended
}

/**
 * Starts a program and waits until it accepts connections. The caller stops it.
 * @param argumentsOf returns the command line for a port and an empty folder
 * @throws if it ends before, or takes more than 30 seconds
 */
export const startEmulator = async (
  program: string,
  argumentsOf: (port: number, folder: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Emulator> => {
  const folder = await mkdtemp(join(tmpdir(), "imgtailor-emulator-"))
  const port = await freePort()
  const child = spawn(program, argumentsOf(port, folder), {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: "ignore",
  })
  const stop = async (): Promise<void> => {
    await end(child)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    if (await accepts(port)) return { port, stop }
    await sleep(50)
  }
  await stop()
  throw new Error(`${program} did not start on port ${port}`)
}

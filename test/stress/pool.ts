/** Responsible for child processes that may die or hang. Each message gets a reply, and a child that died or hung is replaced. */
import { type ChildProcess, fork } from "node:child_process"

import { onTestFinished } from "vitest"

/** The answer to a message, or how the child ended. */
export type Reply<T> = { readonly answer: T } | { readonly died: string }

export interface Pool<Q, A> {
  /** Sends a message to the next child that is free. */
  readonly send: (message: Q) => Promise<Reply<A>>
  /** Ends all children. */
  readonly end: () => void
}

export interface PoolOptions {
  /** Script of the child, which answers each message with one. */
  readonly script: string
  readonly children: number
  /** Time after which a child that has not answered is killed. */
  readonly timeoutMs: number
}

const MAX_NOTES = 2000

const sendOnce = <A>(child: ChildProcess, message: object, timeoutMs: number): Promise<Reply<A>> =>
  new Promise((resolve) => {
    let notes = ""
    const note = (text: Buffer): void => void (notes = (notes + text.toString()).slice(-MAX_NOTES))
    const settle = (reply: Reply<A>): void => {
      clearTimeout(timer)
      child.removeAllListeners()
      child.stderr?.off("data", note)
      resolve(reply)
    }
    const timer = setTimeout(() => {
      settle({ died: `did not answer within ${timeoutMs} ms` })
      child.kill("SIGKILL")
    }, timeoutMs)
    child.stderr?.on("data", note)
    child.once("message", (answer) => settle({ answer: answer as A }))
    child.once("close", (code, signal) => settle({ died: `ended with ${signal ?? code}: ${notes.trim()}` }))
    child.send(message)
  })

export const createPool = <Q extends object, A>({ script, children, timeoutMs }: PoolOptions): Pool<Q, A> => {
  const all = new Set<ChildProcess>()
  const free: ChildProcess[] = []
  const waiting: ((child: ChildProcess) => void)[] = []

  const give = (child: ChildProcess): void => {
    const next = waiting.shift()
    if (next) next(child)
    else free.push(child)
  }
  const start = (): ChildProcess => {
    // As README recommends for servers: glibc would keep freed memory.
    const env = { ...process.env, MALLOC_ARENA_MAX: "2" }
    const child = fork(script, { env, serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] })
    all.add(child)
    return child
  }
  const end = (): void => all.forEach((child) => child.kill("SIGKILL"))

  for (let count = 0; count < children; count++) give(start())
  onTestFinished(end)
  return {
    send: async (message) => {
      const child = free.pop() ?? (await new Promise<ChildProcess>((resolve) => waiting.push(resolve)))
      const reply = await sendOnce<A>(child, message, timeoutMs)
      if ("died" in reply) all.delete(child)
      give("died" in reply ? start() : child)
      return reply
    },
    end,
  }
}

/**
 * Children that may die or hang, and are replaced when they do: what came of each question is told, and the next one is asked of
 * another child.
 */
import { type ChildProcess, fork } from "node:child_process"

import { onTestFinished } from "vitest"

/** What came of a question: an answer, or how the child ended. */
export type Reply<T> = { readonly answer: T } | { readonly died: string }

export interface Pool<Q, A> {
  /** Asks the next child that is free. */
  readonly ask: (question: Q) => Promise<Reply<A>>
  /** Ends all children. */
  readonly end: () => void
}

export interface PoolOptions {
  /** Answers each message with one; told the script of the child. */
  readonly script: string
  readonly children: number
  /** When a child that has not answered is killed. */
  readonly patienceMs: number
}

const MAX_NOTES = 2000

const askOnce = <A>(child: ChildProcess, question: object, patienceMs: number): Promise<Reply<A>> =>
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
      settle({ died: `did not answer within ${patienceMs} ms` })
      child.kill("SIGKILL")
    }, patienceMs)
    child.stderr?.on("data", note)
    child.once("message", (answer) => settle({ answer: answer as A }))
    child.once("close", (code, signal) => settle({ died: `ended with ${signal ?? code}: ${notes.trim()}` }))
    child.send(question)
  })

export const createPool = <Q extends object, A>({ script, children, patienceMs }: PoolOptions): Pool<Q, A> => {
  const all = new Set<ChildProcess>()
  const free: ChildProcess[] = []
  const waiting: ((child: ChildProcess) => void)[] = []

  const give = (child: ChildProcess): void => {
    const next = waiting.shift()
    if (next) next(child)
    else free.push(child)
  }
  const start = (): ChildProcess => {
    // As README asks of a server that lives long: or glibc keeps what is given back.
    const env = { ...process.env, MALLOC_ARENA_MAX: "2" }
    const child = fork(script, { env, serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] })
    all.add(child)
    return child
  }
  const end = (): void => all.forEach((child) => child.kill("SIGKILL"))

  for (let count = 0; count < children; count++) give(start())
  onTestFinished(end)
  return {
    ask: async (question) => {
      const child = free.pop() ?? (await new Promise<ChildProcess>((resolve) => waiting.push(resolve)))
      const reply = await askOnce<A>(child, question, patienceMs)
      if ("died" in reply) all.delete(child)
      give("died" in reply ? start() : child)
      return reply
    },
    end,
  }
}

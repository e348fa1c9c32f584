import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

import { describe, expect, it, onTestFinished } from "vitest"

import { openFocalObject } from "./focal-object.ts"

/** A server of one object, whose answer the test sets, and the object as focal points. */
const open = async (): Promise<{
  readonly answer: { status: number; body: string; tag: string }
  readonly notices: readonly string[]
  readonly advance: (seconds: number) => void
  readonly source: ReturnType<typeof openFocalObject>
}> => {
  const answer = { status: 200, body: '{ "a.png": [0.1, 0.5] }', tag: '"1"' }
  const server = createServer((_, response) => {
    response.writeHead(answer.status, { etag: answer.tag, "content-length": Buffer.byteLength(answer.body) })
    response.end(answer.body)
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const notices: string[] = []
  let nowMs = 0
  const source = openFocalObject(`http://127.0.0.1:${(server.address() as AddressInfo).port}/shop/points.json`, {
    store: { deadlineMs: 5000 },
    seconds: 60,
    onNotice: (text) => notices.push(text),
    clock: () => nowMs,
  })
  return { answer, notices, advance: (seconds) => void (nowMs += seconds * 1000), source }
}

describe("openFocalObject", () => {
  it("reads the object at first use, and again only after the given seconds", async () => {
    const { answer, advance, source } = await open()
    expect(source.points()).toBeUndefined()
    expect([...(await source.load())]).toEqual([["a.png", [0.1, 0.5]]])
    Object.assign(answer, { body: '{ "a.png": [0.9, 0.5] }', tag: '"2"' })
    advance(59)
    expect([...(await source.load())]).toEqual([["a.png", [0.1, 0.5]]])
    advance(1)
    // Requests do not wait for the second read.
    expect(source.points()?.get("a.png")).toEqual([0.1, 0.5])
    expect([...(await source.load())]).toEqual([["a.png", [0.9, 0.5]]])
    Object.assign(answer, { body: "{}", tag: '"3"' })
    expect([...(await source.load({ fresh: true }))]).toEqual([])
  })

  it("keeps the points and reports once while the store fails", async () => {
    const { answer, advance, notices, source } = await open()
    await source.load()
    Object.assign(answer, { status: 500, body: "", tag: '"2"' })
    for (let reads = 0; reads < 3; reads++) {
      advance(60)
      expect([...(await source.load())]).toEqual([["a.png", [0.1, 0.5]]])
    }
    expect(notices).toEqual([expect.stringMatching(/points\.json cannot be used, so focal points stay as they were: /)])
  })
})

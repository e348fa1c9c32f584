/** Responsible for ports of programs that cannot choose one themselves. */
import { randomInt } from "node:crypto"
import { createServer } from "node:net"

/**
 * Below the ports that systems choose for clients and for servers without a port: Linux begins at 32 768, macOS and Windows at 49 152. So no
 * other test can get the port before the program uses it. And above 10 080, the highest port that fetch refuses.
 */
const [FIRST, END] = [10_081, 32_768]

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer()
  const isListening = await new Promise<boolean>((done) => {
    server.once("error", () => done(false))
    server.listen(port, "127.0.0.1", () => done(true))
  })
  if (isListening) await new Promise((done) => server.close(done))
  return isListening
}

/** A port that is free at the moment. */
export const freePort = async (): Promise<number> => {
  const port = randomInt(FIRST, END)
  return (await isFree(port)) ? port : freePort()
}

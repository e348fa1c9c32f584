/** Responsible for the command line of fake-gcs-server, the emulator of Google Cloud Storage. */

/** Everything is kept in memory. */
export const fakeGcsArguments = (port: number): readonly string[] => {
  const address = `127.0.0.1:${port}`
  const places = ["-host", "127.0.0.1", "-port", String(port), "-external-url", `http://${address}`]
  return ["-backend", "memory", "-scheme", "http", ...places, "-public-host", address]
}
